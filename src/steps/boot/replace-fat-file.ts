/**
 * Replaces a file on a FAT32 file system so that its name leads to a whole file at every moment. FAT knows no rename
 * onto a file that exists: the new content is written under another name, and then the record of the old name is made
 * to say where it lies, one write within one sector. Fields: Microsoft, "FAT: General Overview of On-Disk Format"
 * 1.03, page 23.
 */

import { type FatEntry, locateFatEntry, readFatFile } from '../../formats/filesystems/fat/file.ts';
import { removedFromFat, renamedInFat } from '../../formats/filesystems/fat/remove.ts';
import { folderPart } from '../../formats/trailing.ts';
import { type BlockTarget, nameOf } from '../../plan/block-target.ts';
import type { StepContext } from '../../plan/plan.ts';
import { addToFat } from '../support/add-to-fat.ts';
import { readBackError, withDevice, writePieces } from '../support/devices.ts';
import { timeOf } from '../support/fat-time.ts';

/** The name beside `path` that holds new content until it is whole: 8.3, in capitals, so one record. */
export const unnamed = (path: string): string =>
  folderPart(path) +
  path
    .slice(folderPart(path).length)
    .toUpperCase()
    .replace(/(\.[^.]*)?$/, '.NEW');

/** What is there already is left alone. Throws `read-back` when the device does not keep what is written. */
export async function replaceFatFile(
  context: StepContext,
  target: BlockTarget,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const aside = unnamed(path);
  await forget(context, target, path, aside);
  const same = await withDevice(context, target, 'r', async (file) => {
    const found = await readFatFile(file, path);
    return found === undefined ? undefined : Buffer.compare(found, bytes) === 0;
  });
  if (same === true) return;
  await writeAside(context, target, aside, bytes);
  if (same === undefined) {
    await name(context, target, aside, path);
    return;
  }
  await exchange(context, target, path, aside);
  await remove(context, target, aside);
}

/** Writes the content under the other name, and reads it back from the device before it gets the real one. */
async function writeAside(
  context: StepContext,
  target: BlockTarget,
  aside: string,
  bytes: Uint8Array,
): Promise<void> {
  await addToFat(context, target, [{ path: aside, bytes }], timeOf({}, context));
  await withDevice(context, target, 'r', async (file) => {
    await file.dropCache();
    const found = await readFatFile(file, aside);
    if (found === undefined || Buffer.compare(found, bytes) !== 0)
      throw readBackError(`${aside} on ${nameOf(target)}`);
  });
}

/** The file at `aside` gets the name of `path`, in the same folder. */
async function name(context: StepContext, target: BlockTarget, aside: string, path: string): Promise<void> {
  await withDevice(context, target, 'r+', async (file) => {
    const renamed = await renamedInFat(file, aside, path.slice(folderPart(path).length));
    if (renamed === undefined) throw readBackError(`${aside} on ${nameOf(target)}`);
    await writePieces(file, [renamed]);
    await file.sync();
  });
}

/** First the name, then the clusters: they belong to nothing when only the first is done. */
async function remove(context: StepContext, target: BlockTarget, path: string): Promise<void> {
  await withDevice(context, target, 'r+', async (file) => {
    const removal = await removedFromFat(file, path);
    if (removal === undefined) return;
    await writePieces(file, [removal.record]);
    await file.sync();
    await writePieces(file, removal.clusters);
    await file.sync();
  });
}

/** Each record gets the place and size of the other's file; that of `path` first, or both in one sector. */
async function exchange(
  context: StepContext,
  target: BlockTarget,
  path: string,
  aside: string,
): Promise<void> {
  await withDevice(context, target, 'r+', async (file) => {
    const named = await entryOf(path);
    const other = await entryOf(aside);
    const sectorOf = ({ at: offset, sectorSize }: FatEntry) => Math.floor(offset / sectorSize) * sectorSize;
    for (const sector of new Set([sectorOf(named), sectorOf(other)])) {
      const bytes = Uint8Array.from(await file.read(sector, named.sectorSize));
      if (sectorOf(named) === sector) point(bytes, named.at - sector, other);
      if (sectorOf(other) === sector) point(bytes, other.at - sector, named);
      await file.write(sector, bytes);
      await file.sync();
    }

    async function entryOf(name: string): Promise<FatEntry> {
      const found = await locateFatEntry(file, name);
      if (found === undefined || found.directory) throw readBackError(`${name} on ${nameOf(target)}`);
      return found;
    }
  });
}

function point(sector: Uint8Array, offset: number, to: FatEntry): void {
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  view.setUint16(offset + 20, to.firstCluster >>> 16, true);
  view.setUint16(offset + 26, to.firstCluster & 0xffff, true);
  view.setUint32(offset + 28, to.size, true);
}

/**
 * Removes what an interrupted run left. When both names lead to one file, that run stopped in the middle of an
 * exchange: then only the record goes, and the clusters stay with the file.
 */
async function forget(context: StepContext, target: BlockTarget, path: string, aside: string): Promise<void> {
  const [named, leftover] = await withDevice(context, target, 'r', async (file) => [
    await locateFatEntry(file, path),
    await locateFatEntry(file, aside),
  ]);
  if (leftover === undefined) return;
  if (named?.firstCluster !== leftover.firstCluster) {
    await remove(context, target, aside);
    return;
  }
  await withDevice(context, target, 'r+', async (file) => {
    await file.write(leftover.at, Uint8Array.of(0xe5));
    await file.sync();
  });
}
