/** Runs of bytes: in an image, on a disk, in a file. Whatever else a format counts in is converted once, by its codec. */

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes and where they go. */
export interface PlacedBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The first byte behind a range. */
export const endOf = ({ offset, length }: ByteRange): number => offset + length;

export const rangeOf = ({ offset, bytes }: PlacedBytes): ByteRange => ({ offset, length: bytes.length });

export const overlaps = (a: ByteRange, b: ByteRange): boolean => a.offset < endOf(b) && b.offset < endOf(a);

export const contains = (outer: ByteRange, inner: ByteRange): boolean =>
  outer.offset <= inner.offset && endOf(inner) <= endOf(outer);

/** What two ranges have in common; undefined when they share no byte. */
export function intersection(a: ByteRange, b: ByteRange): ByteRange | undefined {
  const offset = Math.max(a.offset, b.offset);
  const length = Math.min(endOf(a), endOf(b)) - offset;
  return length > 0 ? { offset, length } : undefined;
}

export const byOffset = (a: ByteRange, b: ByteRange): number => a.offset - b.offset || a.length - b.length;

/**
 * The same bytes as ranges in order that do not touch: neighbours become one, and so do those with at most `gap` bytes
 * between them. What is empty is left out.
 */
export function joined(ranges: readonly ByteRange[], gap = 0): ByteRange[] {
  const all: { offset: number; length: number }[] = [];
  for (const range of ranges.filter(({ length }) => length > 0).toSorted(byOffset)) {
    const last = all.at(-1);
    if (last !== undefined && range.offset <= endOf(last) + gap)
      last.length = Math.max(endOf(last), endOf(range)) - last.offset;
    else all.push({ ...range });
  }
  return all;
}
