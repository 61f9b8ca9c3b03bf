/**
 * Replaces a file on a FAT32 file system so that its name leads to a whole file at every moment. FAT knows no rename
 * onto a file that exists: the new content is written under another name, and then the record of the old name is made
 * to say where it lies, one write within one sector. Fields: Microsoft, "FAT: General Overview of On-Disk Format"
 * 1.03, page 23.
 */
import { basename, dirname } from 'node:path/posix';
import { type FatEntry, locateFatEntry, readFatFile } from '../../formats/filesystems/fat-file.ts';
import type { StepContext } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';

/** The name beside `path` that holds new content until it is whole: 8.3, in capitals, so one record. */
export const unnamed = (path: string): string =>
  path.replace(/[^/]*$/, (name) => name.toUpperCase().replace(/(\.[^.]*)?$/, '.NEW'));

/** What is there already is left alone. Throws `read-back` when the device does not keep what is written. */
export async function replaceFatFile(
  context: StepContext,
  device: string,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const { processes } = context.host;
  const aside = unnamed(path);
  await forget(context, device, path, aside);
  const same = await withDevice(context, device, 'r', async (file) => {
    const found = await readFatFile(file, path);
    return found === undefined ? undefined : Buffer.compare(found, bytes) === 0;
  });
  if (same === true) return;
  await writeAside(context, device, aside, bytes);
  if (same === undefined) {
    await processes.run('mren', ['-i', device, `::/${aside}`, `::/${path}`]);
    await flush(context, device);
    return;
  }
  await exchange(context, device, path, aside);
  await processes.run('mdel', ['-i', device, `::/${aside}`]);
  await flush(context, device);
}

/** Writes the content under the other name, and reads it back from the device before it gets the real one. */
async function writeAside(
  context: StepContext,
  device: string,
  aside: string,
  bytes: Uint8Array,
): Promise<void> {
  const { files, processes } = context.host;
  const staging = await files.makeTempDir('opsctl-esp-');
  try {
    const copy = `${staging}/${basename(aside)}`;
    await files.write(copy, bytes);
    await processes.run('mcopy', ['-o', '-i', device, copy, `::/${dirname(aside)}`]);
  } finally {
    await files.remove(staging);
  }
  await flush(context, device);
  await withDevice(context, device, 'r', async (file) => {
    await file.dropCache();
    const found = await readFatFile(file, aside);
    if (found === undefined || Buffer.compare(found, bytes) !== 0)
      throw readBackError(`${aside} on ${device}`);
  });
}

/** Each record gets the place and size of the other's file; that of `path` first, or both in one sector. */
async function exchange(context: StepContext, device: string, path: string, aside: string): Promise<void> {
  await withDevice(context, device, 'r+', async (file) => {
    const named = await entryOf(path);
    const other = await entryOf(aside);
    const sectorOf = ({ at, sectorSize }: FatEntry) => Math.floor(at / sectorSize) * sectorSize;
    for (const sector of new Set([sectorOf(named), sectorOf(other)])) {
      const bytes = Uint8Array.from(await file.read(sector, named.sectorSize));
      if (sectorOf(named) === sector) point(bytes, named.at - sector, other);
      if (sectorOf(other) === sector) point(bytes, other.at - sector, named);
      await file.write(sector, bytes);
      await file.sync();
    }

    async function entryOf(name: string): Promise<FatEntry> {
      const found = await locateFatEntry(file, name);
      if (found === undefined || found.directory) throw readBackError(`${name} on ${device}`);
      return found;
    }
  });
}

function point(sector: Uint8Array, at: number, to: FatEntry): void {
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  view.setUint16(at + 20, to.firstCluster >>> 16, true);
  view.setUint16(at + 26, to.firstCluster & 0xffff, true);
  view.setUint32(at + 28, to.size, true);
}

/**
 * Removes what an interrupted run left. When both names lead to one file, that run stopped in the middle of an
 * exchange: then only the record goes, and the clusters stay with the file.
 */
async function forget(context: StepContext, device: string, path: string, aside: string): Promise<void> {
  const [named, left] = await withDevice(context, device, 'r', async (file) => [
    await locateFatEntry(file, path),
    await locateFatEntry(file, aside),
  ]);
  if (left === undefined) return;
  if (named?.firstCluster !== left.firstCluster) {
    await context.host.processes.run('mdel', ['-i', device, `::/${aside}`]);
    await flush(context, device);
    return;
  }
  await withDevice(context, device, 'r+', async (file) => {
    await file.write(left.at, Uint8Array.of(0xe5));
    await file.sync();
  });
}

const flush = (context: StepContext, device: string) =>
  withDevice(context, device, 'r+', (file) => file.sync());
