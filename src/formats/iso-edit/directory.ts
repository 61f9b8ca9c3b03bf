/** Whole directories of one tree: read, changed, and laid out in sectors again (ECMA-119, 6.8.1 and 9.3). */
import { refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import { blockSize, type Extent, type RawRecord, type ReadArea, readRecords } from './record.ts';
import type { Volume } from './volume.ts';

const maximumDirectory = 16 * 2 ** 20;

export interface Directory {
  readonly extent: Extent;
  /** `.` and `..` first, as they lie. */
  readonly records: readonly RawRecord[];
}

/** Bytes of the image at a block of a tree; throws OpsError `iso-truncated` (refused) when the image ends before. */
export async function readBlocks(source: ByteSource, volume: Volume, extent: Extent): Promise<Uint8Array> {
  const bytes = await source.read((volume.base + extent.block) * blockSize, extent.size);
  if (bytes.length < extent.size)
    throw refused('iso-truncated', 'The image is shorter than its folders say', {
      hint: 'The image is incomplete: copy or download it again.',
    });
  return bytes;
}

/** Continuation areas of Rock Ridge; an area lies in one block (SUSP 5.1). */
export function areaReader(source: ByteSource, volume: Volume): ReadArea {
  return (block, offset, length) =>
    source.read((volume.base + block) * blockSize + offset, Math.min(length, blockSize));
}

/** Throws OpsError (refused) `iso-invalid` or `iso-truncated`. */
export async function readDirectory(source: ByteSource, volume: Volume, extent: Extent): Promise<Directory> {
  if (extent.size > maximumDirectory)
    throw refused('iso-invalid', `A folder of the image claims ${extent.size} bytes`);
  const bytes = await readBlocks(source, volume, extent);
  return {
    extent,
    records: await readRecords(bytes, volume.naming, volume.skip, areaReader(source, volume)),
  };
}

/** Where records of these lengths come to lie, in bytes; none crosses a sector (6.8.1.1). */
export function places(lengths: readonly number[]): number[] {
  let at = 0;
  return lengths.map((length) => {
    if ((at % blockSize) + length > blockSize) at = Math.ceil(at / blockSize) * blockSize;
    const place = at;
    at += length;
    return place;
  });
}

/** The sectors that records take, zeros between. */
export function packRecords(records: readonly Uint8Array[]): Uint8Array {
  const at = places(records.map(({ length }) => length));
  const end = (at.at(-1) ?? 0) + (records.at(-1)?.length ?? 0);
  const bytes = new Uint8Array(Math.ceil(end / blockSize) * blockSize);
  for (const [index, record] of records.entries()) bytes.set(record, at[index] ?? 0);
  return bytes;
}

/** The identifier of a record, without its version number. */
export function identifier(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(33, 33 + (bytes[32] ?? 0));
}

/** The order of records in a directory (9.3), as far as it depends on identifiers; those of a file stay together. */
export function compareIdentifiers(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(Buffer.from(identifier(a)), Buffer.from(identifier(b)));
}
