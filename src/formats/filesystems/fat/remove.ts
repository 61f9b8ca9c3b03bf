/**
 * A file of a FAT32 volume under another name, or gone, as pieces to be written. Pages are those of Microsoft, "FAT32 File
 * System Specification" 1.03.
 */
import type { PlacedBytes } from '../../byte-range.ts';
import type { ByteSource } from '../../bytes.ts';
import { chainOf, openVolume, walk } from './file.ts';
import { deletedRecord, recordSize, shortName } from './record.ts';
import { readFatTable } from './table.ts';

/** To be written one after the other: with the first the file is gone, with the others its clusters are free. */
export interface Removal {
  readonly record: PlacedBytes;
  readonly clusters: readonly PlacedBytes[];
}

/**
 * Of the file at `path` in the volume that begins at byte 0 of `source`; undefined when there is none. The records of a
 * long name stay, which nothing reads then. Throws OpsError `fat-invalid` (refused).
 */
export async function removedFromFat(source: ByteSource, path: string): Promise<Removal | undefined> {
  const volume = await openVolume(source);
  const entry = await walk(volume, path);
  const table = await readFatTable(volume);
  if (entry === undefined || entry.directory || table === undefined) return undefined;
  if (entry.firstCluster !== 0) table.free(await chainOf(volume, entry.firstCluster, volume.clusters));
  return {
    record: { offset: entry.at, bytes: Uint8Array.of(deletedRecord) },
    clusters: await table.changes(),
  };
}

/**
 * The record of the file at `path` with the short name `name`, in the same folder: 32 bytes within a sector; undefined when
 * there is none. Throws OpsError `fat-invalid` (refused), RangeError for a name that is not of the form 8.3.
 */
export async function renamedInFat(
  source: ByteSource,
  path: string,
  name: string,
): Promise<PlacedBytes | undefined> {
  const entry = await walk(await openVolume(source), path);
  if (entry === undefined) return undefined;
  const bytes = Buffer.from(await source.read(entry.at, recordSize));
  const attributes = bytes[11] ?? 0;
  shortName(name).copy(bytes);
  bytes[11] = attributes;
  return { offset: entry.at, bytes };
}
