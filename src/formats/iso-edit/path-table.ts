/** Path tables (ECMA-119, 9.4): every directory of a tree with its parent's number, in both byte orders. */
import { refused } from '../../errors.ts';

export interface PathEntry {
  readonly identifier: Uint8Array;
  readonly block: number;
  /** The entry of the parent; the root's is itself. */
  readonly parent: PathEntry | undefined;
}

/** Decodes a table of type L (little-endian). Throws OpsError `iso-invalid` (refused) when it makes no sense. */
export function decodePathTable(bytes: Uint8Array): PathEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: PathEntry[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes[at] ?? 0;
    const number = view.getUint16(at + 6, true);
    const end = at + 8 + length + (length % 2);
    if (length === 0 || at + 8 + length > bytes.length || number < 1 || number > entries.length + 1)
      throw refused('iso-invalid', 'The path table of the image is damaged');
    entries.push({
      identifier: bytes.slice(at + 8, at + 8 + length),
      block: view.getUint32(at + 2, true),
      parent: entries.length === 0 ? undefined : entries[number - 1],
    });
    at = end;
  }
  return entries;
}

/** Encodes entries of any order as table L and table M; they are sorted and numbered as 6.9.1 asks. */
export function encodePathTables(entries: readonly PathEntry[]): { little: Uint8Array; big: Uint8Array } {
  const ordered: PathEntry[] = entries.filter(({ parent }) => parent === undefined);
  const children = new Map<PathEntry, PathEntry[]>();
  for (const entry of entries)
    if (entry.parent !== undefined)
      children.set(entry.parent, [...(children.get(entry.parent) ?? []), entry]);
  // By level, then by the parent's number, then by identifier: parents in order, each with its children sorted.
  for (let index = 0; index < ordered.length; index += 1)
    ordered.push(
      ...(children.get(ordered[index] as PathEntry) ?? []).toSorted((a, b) =>
        Buffer.compare(Buffer.from(a.identifier), Buffer.from(b.identifier)),
      ),
    );
  const numbers = new Map(ordered.map((entry, index) => [entry, index + 1]));
  const size = ordered.reduce(
    (sum, { identifier }) => sum + 8 + identifier.length + (identifier.length % 2),
    0,
  );
  const [little, big] = [new Uint8Array(size), new Uint8Array(size)];
  for (const [table, order] of [
    [little, true],
    [big, false],
  ] as const) {
    const view = new DataView(table.buffer);
    let at = 0;
    for (const { identifier, block, parent } of ordered) {
      table[at] = identifier.length;
      view.setUint32(at + 2, block, order);
      view.setUint16(at + 6, parent === undefined ? 1 : (numbers.get(parent) ?? 1), order);
      table.set(identifier, at + 8);
      at += 8 + identifier.length + (identifier.length % 2);
    }
  }
  return { little, big };
}
