/** FAT32 volumes on the devices of a fake machine, with short names only; written by what the steps write them with. */
import { dirname } from 'node:path/posix';
import { addedToFat } from '../../src/formats/filesystems/fat/add.ts';
import { changedFatFile } from '../../src/formats/filesystems/fat/edit.ts';
import { locateFatEntry } from '../../src/formats/filesystems/fat/file.ts';
import { newFatVolume } from '../../src/formats/filesystems/fat/new-volume.ts';
import { removedFromFat } from '../../src/formats/filesystems/fat/remove.ts';
import type { SparseBytes } from './sparse.ts';

/** At least 260 MiB. */
export function makeFat(device: SparseBytes | undefined): void {
  if (device === undefined) throw new Error('no such device');
  const { size } = device;
  device.write(0, newFatVolume({ size, sectorSize: 512, label: 'FAKE', serial: 1, time: 0 }));
}

/** Files with what is in them, in folders that are made for them; another content for what is there already. */
export async function putOnFat(
  device: SparseBytes | undefined,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  if (device === undefined) throw new Error('no such device');
  const source = sourceOf(device);
  const add = async (path: string, bytes?: Uint8Array) => {
    const { contents, records } = await addedToFat(source, [{ path, ...(bytes && { bytes }) }], 0);
    return [...contents, ...records];
  };
  const write = async (path: string, bytes?: Uint8Array) => {
    const there = await locateFatEntry(source, path);
    if (there?.directory && bytes === undefined) return;
    const pieces = there && bytes ? await changedFatFile(source, path, bytes) : await add(path, bytes);
    for (const piece of pieces ?? []) device.write(piece.offset, piece.bytes);
  };
  for (const [path, content] of Object.entries(files)) {
    const parts = dirname(path).split('/');
    if (dirname(path) !== '.')
      for (const index of parts.keys()) await write(parts.slice(0, index + 1).join('/'));
    await write(path, Buffer.from(content));
  }
}

export async function removeFromFat(device: SparseBytes | undefined, path: string): Promise<void> {
  const removal = device && (await removedFromFat(sourceOf(device), path));
  if (removal === undefined) throw new Error(`there is no ${path}`);
  for (const piece of [removal.record, ...removal.clusters]) device?.write(piece.offset, piece.bytes);
}

const sourceOf = (device: SparseBytes) => ({
  size: device.size,
  read: async (offset: number, length: number) => device.read(offset, length),
});
