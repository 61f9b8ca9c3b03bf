/** Path tables: every folder of a tree in one list, for readers that do not go through the directories (ECMA-119, 9.4). */
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { invalid, readRange, sectorSize } from './bounded-read.ts';
import type { PathTable } from './descriptors.ts';
import { blockOf } from './record.ts';

export interface PathTableEntry {
  /** Where the entry stands in the image. */
  readonly place: ByteRange;
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
  if (table.length > maximumTable)
    throw invalid(`${name} has a path table of ${table.length} bytes`, table.offset);
  const bytes = await readRange(source, table, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = table.type === 'L';
  const entries: PathTableEntry[] = [];
  for (let start = 0; start < bytes.length; ) {
    const nameLength = bytes[start] ?? 0;
    const length = entryLength(nameLength);
    if (nameLength === 0 || start + length > bytes.length)
      throw invalid(`${name} has a damaged path table`, table.offset + start);
    entries.push({
      place: { offset: table.offset + start, length },
      identifier: bytes.subarray(start + 8, start + 8 + nameLength),
      // The extended attribute record comes before the folder (9.4.2).
      offset: origin + (view.getUint32(start + 2, little) + view.getUint8(start + 1)) * sectorSize,
      parent: view.getUint16(start + 6, little),
    });
    start += length;
  }
  return entries;
}

/** A folder as a path table is to have it. */
export interface PathFolder {
  readonly identifier: Uint8Array;
  /** Where it lies in the image, in bytes. */
  readonly offset: number;
  /** Undefined for the root. */
  readonly parent: PathFolder | undefined;
}

/** Folders of any order as table L and table M; they are sorted and numbered as 6.9.1 asks. */
export function encodePathTables(
  folders: readonly PathFolder[],
  origin: number,
): { little: Uint8Array; big: Uint8Array } {
  const ordered = inTableOrder(folders);
  const numbers = new Map(ordered.map((folder, index) => [folder, index + 1]));
  const length = ordered.reduce((sum, { identifier }) => sum + entryLength(identifier.length), 0);
  const encode = (little: boolean) => {
    const table = new Uint8Array(length);
    const view = new DataView(table.buffer);
    let start = 0;
    for (const { identifier, offset, parent } of ordered) {
      table[start] = identifier.length;
      view.setUint32(start + 2, blockOf(offset, origin), little);
      view.setUint16(start + 6, parent === undefined ? 1 : (numbers.get(parent) ?? 1), little);
      table.set(identifier, start + 8);
      start += entryLength(identifier.length);
    }
    return table;
  };
  return { little: encode(true), big: encode(false) };
}

/** By level, then by the parent's number, then by identifier: parents in order, each with its children sorted. */
function inTableOrder(folders: readonly PathFolder[]): PathFolder[] {
  const ordered = folders.filter(({ parent }) => parent === undefined);
  const children = new Map<PathFolder, PathFolder[]>();
  for (const folder of folders) {
    if (folder.parent === undefined) continue;
    const known = children.get(folder.parent);
    if (known === undefined) children.set(folder.parent, [folder]);
    else known.push(folder);
  }
  // Grows while it is gone through.
  for (const folder of ordered)
    ordered.push(
      ...(children.get(folder) ?? []).toSorted((a, b) => Buffer.compare(a.identifier, b.identifier)),
    );
  return ordered;
}

/** The identifier is padded to an even length (9.4.6). */
const entryLength = (nameLength: number) => 8 + nameLength + (nameLength % 2);
