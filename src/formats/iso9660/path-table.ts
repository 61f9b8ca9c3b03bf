/** Path tables: every folder of a tree in one list, for readers that do not go through the directories (ECMA-119, 9.4). */
import type { ByteSource } from '../bytes.ts';
import type { PathTable } from './descriptors.ts';
import { type Extent, invalid, readExtent, sectorSize } from './extent.ts';

export interface PathTableEntry {
  /** Where the entry stands in the image. */
  readonly place: Extent;
  readonly identifier: Uint8Array;
  /** Where the folder lies, in bytes (9.4.3). */
  readonly offset: number;
  /** The entry of the folder above, counted from 1; the root is its own (9.4.4). */
  readonly parent: number;
}

const maximumTable = 16 * 2 ** 20;

/**
 * Reads one of a volume's path tables: little-endian of type L, big-endian of type M (9.4.3). `origin` is that of the volume's
 * form. Throws OpsError (refused) `iso-invalid`, `iso-truncated`.
 */
export async function readPathTable(
  source: ByteSource,
  table: PathTable,
  origin = 0,
  name = 'the image',
): Promise<PathTableEntry[]> {
  if (table.size > maximumTable)
    throw invalid(`${name} has a path table of ${table.size} bytes`, table.offset);
  const bytes = await readExtent(source, table, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = table.type === 'L';
  const entries: PathTableEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    // The identifier is padded to an even length (9.4.6).
    const size = 8 + length + (length % 2);
    if (length === 0 || at + size > bytes.length)
      throw invalid(`${name} has a damaged path table`, table.offset + at);
    entries.push({
      place: { offset: table.offset + at, size },
      identifier: bytes.subarray(at + 8, at + 8 + length),
      // The extended attribute record comes before the folder (9.4.2).
      offset: origin + (view.getUint32(at + 2, little) + view.getUint8(at + 1)) * sectorSize,
      parent: view.getUint16(at + 6, little),
    });
    at += size;
  }
  return entries;
}
