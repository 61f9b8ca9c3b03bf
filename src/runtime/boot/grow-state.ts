/**
 * The first boot of an image that was copied to a larger disk: the partition table is made to know the whole disk, the
 * state partition grows to its end, and then the file system in it, while it is mounted. Whatever happens, the machine
 * goes on; what asks for it is removed only when all of it has succeeded, so that the next boot tries again.
 */
import { basename, dirname, join } from 'node:path';
import { grownGpt, grownMbr, type TableChange } from '../../disk/layout/grow-table.ts';
import { OpsError } from '../../errors.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { decodeGpt } from '../../formats/partition-tables/gpt-decode.ts';
import { mbrSize } from '../../formats/partition-tables/mbr.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { growMarker } from './grow-marker.ts';

/** Resizing writes the descriptors of what is new; the rest is initialised in the background. */
const timeoutMs = 600_000;

/** `device` is the mounted state: `/dev/nvme0n1p3`. Throws what has failed. */
export async function growState(host: Host, root: string, device: string): Promise<void> {
  const { files, processes } = host;
  const found = await partitionOf(host, root, device);
  if (found !== undefined) {
    const change = await withFile(host, join(root, found.disk), 'r', (disk) => plan(disk, found));
    if (change !== undefined) await writeTable(host, join(root, found.disk), change);
    // Also when the table was right: the kernel may know it from before a failure.
    if (change !== undefined || found.size < (await sizeInTable(host, root, found))) {
      await processes.run('partx', ['--update', '--nr', `${found.number}`, found.disk]);
      await expectSize(host, root, found, device);
    }
  }
  await processes.run('resize2fs', [device], { timeoutMs });
  const [partition, fileSystem] = await withFile(host, join(root, device), 'r', async (file) => {
    await file.dropCache();
    return [await sizeOf(host, root, device), await probeExt4(file)] as const;
  });
  // A last group of blocks that would be too small is left out; a bitmap of one block counts a group.
  const group = 8 * (fileSystem?.blockSize ?? 0) ** 2;
  if (fileSystem === undefined || fileSystem.size <= partition - group)
    throw failed(`The file system on ${device} has not grown`);
  await processes.run('sync', ['-f', join(root, growMarker)]);
  await files.remove(join(root, growMarker));
}

interface Found {
  /** Device of the whole disk, as the kernel calls it. */
  readonly disk: string;
  readonly number: number;
  /** Bytes, as the kernel knows them. */
  readonly size: number;
  readonly diskSize: number;
  readonly sectorSize: number;
}

/** What sysfs says of a partition; names are not taken apart: nvme0n1p3 and mmcblk0p3 are not as sda3 is. */
async function partitionOf(host: Host, root: string, device: string): Promise<Found | undefined> {
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

/** What has to be written, or nothing when the table says so already. */
async function plan(disk: OpenFile, found: Found): Promise<TableChange | undefined> {
  const { number, diskSize, sectorSize } = found;
  const source = { size: diskSize, read: (offset: number, length: number) => disk.read(offset, length) };
  const gpt = await decodeGpt(source, sectorSize);
  const change =
    gpt === undefined
      ? grownMbr(await disk.read(0, mbrSize), number, Math.floor(diskSize / sectorSize))
      : grownGpt(gpt, await disk.read(0, mbrSize), number, Math.floor(diskSize / sectorSize));
  if ('cannot' in change) throw failed(`${found.disk}: ${change.cannot}`);
  return 'done' in change ? undefined : change;
}

/** In order, each on the disk before the next: the backup at the new end before what points to it. */
async function writeTable(host: Host, path: string, { pieces }: TableChange): Promise<void> {
  await withFile(host, path, 'r+', async (disk) => {
    for (const { offset, bytes } of pieces) {
      await disk.write(offset, bytes);
      await disk.sync();
    }
    await disk.dropCache();
    for (const { offset, bytes } of pieces)
      if (Buffer.compare(await disk.read(offset, bytes.length), bytes) !== 0)
        throw failed(`${path} does not hold the table that was written`);
  });
}

async function sizeInTable(host: Host, root: string, found: Found): Promise<number> {
  const { sectorSize, number } = found;
  const gpt = await withFile(host, join(root, found.disk), 'r', (disk) => decodeGpt(disk, sectorSize));
  const entry = gpt?.table.partitions.find((partition) => partition.number === number);
  return entry === undefined ? 0 : (entry.lastLba - entry.firstLba + 1) * sectorSize;
}

async function expectSize(host: Host, root: string, before: Found, device: string): Promise<void> {
  if ((await sizeOf(host, root, device)) > before.size) return;
  throw failed(`The kernel does not see that ${device} has grown`);
}

const sizeOf = async (host: Host, root: string, device: string) =>
  Number(await host.files.readText(join(root, '/sys/class/block', basename(device), 'size'))) * 512;

const failed = (what: string) =>
  new OpsError('broken', 'grow-failed', what, {
    hint: 'The system runs with the old size; the next boot tries again.',
  });

async function withFile<T>(
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
