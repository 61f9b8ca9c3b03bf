/**
 * Replaces a file on a FAT32 file system so that its name leads to a whole file at every moment. FAT knows no rename
 * onto a file that exists: the new content is written under another name, and then the record of the old name is made
 * to say where it lies, one write within one sector. Fields: Microsoft, "FAT: General Overview of On-Disk Format"
 * 1.03, page 23.
 */

import { basename, dirname } from 'node:path/posix';
import { type FatEntry, locateFatEntry, readFatFile } from '../../formats/filesystems/fat-file.ts';
import { folderPart } from '../../formats/trailing.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { type BlockTarget, mtoolsImage, nameOf } from '../../plan/block-target.ts';
import type { StepContext } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';

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
  const { processes } = context.host;
  const aside = unnamed(path);
  await forget(context, target, path, aside);
  const same = await withDevice(context, target, 'r', async (file) => {
    const found = await readFatFile(file, path);
    return found === undefined ? undefined : Buffer.compare(found, bytes) === 0;
  });
  if (same === true) return;
  await writeAside(context, target, aside, bytes);
  if (same === undefined) {
    await processes.run('mren', ['-i', mtoolsImage(target), `::/${aside}`, `::/${path}`]);
    await flush(context, target);
    return;
  }
  await exchange(context, target, path, aside);
  await processes.run('mdel', ['-i', mtoolsImage(target), `::/${aside}`]);
  await flush(context, target);
}

/** Writes the content under the other name, and reads it back from the device before it gets the real one. */
async function writeAside(
  context: StepContext,
  target: BlockTarget,
  aside: string,
  bytes: Uint8Array,
): Promise<void> {
  const { files, processes } = context.host;
  const staging = await makeWorkFolder(context.host, 'esp');
  try {
    const copy = `${staging}/${basename(aside)}`;
    await files.write(copy, bytes);
    await processes.run('mcopy', ['-o', '-i', mtoolsImage(target), copy, `::/${dirname(aside)}`]);
  } finally {
    await files.remove(staging);
  }
  await flush(context, target);
  await withDevice(context, target, 'r', async (file) => {
    await file.dropCache();
    const found = await readFatFile(file, aside);
    if (found === undefined || Buffer.compare(found, bytes) !== 0)
      throw readBackError(`${aside} on ${nameOf(target)}`);
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
    await context.host.processes.run('mdel', ['-i', mtoolsImage(target), `::/${aside}`]);
    await flush(context, target);
    return;
  }
  await withDevice(context, target, 'r+', async (file) => {
    await file.write(leftover.at, Uint8Array.of(0xe5));
    await file.sync();
  });
}

const flush = (context: StepContext, target: BlockTarget) =>
  withDevice(context, target, 'r+', (file) => file.sync());
