/** The disk that the running system lies on, by a partition of it: what sysfs says, and writing to it. */
import { basename, dirname, join } from 'node:path';
import { OpsError } from '../../errors.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import type { Host, OpenFile } from '../../host/ports.ts';

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

/** In order, each on the disk before the next: the backup at the new end before what points to it. */
export async function writePieces(host: Host, path: string, pieces: readonly PlacedBytes[]): Promise<void> {
  await withFile(host, path, 'r+', async (disk) => {
    for (const { offset, bytes } of pieces) {
      await disk.write(offset, bytes);
      await disk.sync();
    }
    await disk.dropCache();
    for (const { offset, bytes } of pieces)
      if (Buffer.compare(await disk.read(offset, bytes.length), bytes) !== 0)
        throw new OpsError('broken', 'read-back', `${path} does not hold what was written`, {
          hint: 'The disk or its cable is faulty: look at the kernel messages (dmesg).',
        });
  });
}

export async function withFile<T>(
  host: Host,
  path: string,
  flags: 'r' | 'r+',
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await host.files.open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
