/**
 * The first boot of an image that was copied to a larger disk: the partition table is made to know the whole disk, the
 * state partition grows to its end, and then the file system in it, while it is mounted. Whatever happens, the machine
 * goes on; what asks for it is removed only when all of it has succeeded, so that the next boot tries again.
 */
import { basename, join } from 'node:path';
import { grownGpt, grownMbr, type TableChange } from '../../disk/layout/grow-table.ts';
import { OpsError } from '../../errors.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { decodeGpt } from '../../formats/partition-tables/gpt-decode.ts';
import { mbrSize } from '../../formats/partition-tables/mbr.ts';
import { withFile, writePieces } from '../../host/device-pieces.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { growMarker } from './image-markers.ts';
import { type OwnDisk, partitionOf } from './own-disk.ts';

/** Resizing writes the descriptors of what is new; the rest is initialised in the background. */
const timeoutMs = 600_000;

/** `device` is the mounted state: `/dev/nvme0n1p3`. Throws what has failed. */
export async function growState(host: Host, root: string, device: string): Promise<void> {
  const { files, processes } = host;
  const found = await partitionOf(host, root, device);
  if (found !== undefined) {
    const change = await withFile(host, join(root, found.disk), 'r', (disk) => plan(disk, found));
    if (change !== undefined) await writePieces(host, join(root, found.disk), change.pieces);
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

/** What has to be written, or nothing when the table says so already. */
async function plan(disk: OpenFile, found: OwnDisk): Promise<TableChange | undefined> {
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

async function sizeInTable(host: Host, root: string, found: OwnDisk): Promise<number> {
  const { sectorSize, number } = found;
  const gpt = await withFile(host, join(root, found.disk), 'r', (disk) => decodeGpt(disk, sectorSize));
  const entry = gpt?.table.partitions.find((partition) => partition.number === number);
  return entry === undefined ? 0 : (entry.lastLba - entry.firstLba + 1) * sectorSize;
}

async function expectSize(host: Host, root: string, before: OwnDisk, device: string): Promise<void> {
  if ((await sizeOf(host, root, device)) > before.size) return;
  throw failed(`The kernel does not see that ${device} has grown`);
}

const sizeOf = async (host: Host, root: string, device: string) =>
  Number(await host.files.readText(join(root, '/sys/class/block', basename(device), 'size'))) * 512;

const failed = (what: string) =>
  new OpsError('broken', 'grow-failed', what, {
    hint: 'The system runs with the old size; the next boot tries again.',
  });
