/** The disk that the running system lies on, by a partition of it: what sysfs says. */
import { basename, dirname, join } from 'node:path';
import type { Host } from '../../host/ports.ts';

export interface OwnDisk {
  /** Device of the whole disk, as the kernel calls it. */
  readonly disk: string;
  readonly number: number;
  /** Bytes, as the kernel knows them. */
  readonly size: number;
  readonly diskSize: number;
  readonly sectorSize: number;
}

/** What sysfs says of a partition; names are not taken apart: nvme0n1p3 and mmcblk0p3 are not as sda3 is. */
export async function partitionOf(host: Host, root: string, device: string): Promise<OwnDisk | undefined> {
  const { files } = host;
  const link = join(root, '/sys/class/block', basename(device));
  if (!(await files.exists(join(link, 'partition')))) return undefined;
  const folder = await files.realPath(link);
  const disk = dirname(folder);
  const number = async (path: string) => Number((await files.readText(path)).trim());
  return {
    disk: join('/dev', basename(disk)),
    number: await number(join(folder, 'partition')),
    // Sectors of 512 bytes whatever the disk's own are (Documentation/ABI/stable/sysfs-block).
    size: (await number(join(folder, 'size'))) * 512,
    diskSize: (await number(join(disk, 'size'))) * 512,
    sectorSize: await number(join(disk, 'queue/logical_block_size')),
  };
}
