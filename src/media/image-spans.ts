/** Which parts of an image are read, in one pass from its beginning to its end. Pure. */
import type { Extent } from '../formats/iso9660/extent.ts';

export interface Span {
  readonly start: number;
  /** Not included; undefined: to the end of the image. */
  readonly end: number | undefined;
}

/** Asking anew costs a round trip; reading this much more costs less. */
const gap = 1024 * 1024;

/**
 * The parts that cover `extents`. Without `ranges` a server sends the image from its beginning; for the digest of
 * the whole (`all`) everything is read.
 */
export function spansOf(
  extents: readonly Extent[],
  { ranges, all }: { readonly ranges: boolean; readonly all: boolean },
): Span[] {
  if (all) return [{ start: 0, end: undefined }];
  const spans: { start: number; end: number }[] = [];
  for (const { offset, size } of extents.toSorted((a, b) => a.offset - b.offset)) {
    if (size === 0) continue;
    const last = spans.at(-1);
    if (last !== undefined && offset <= last.end + gap) last.end = Math.max(last.end, offset + size);
    else spans.push({ start: offset, end: offset + size });
  }
  const end = spans.at(-1)?.end;
  if (ranges || end === undefined) return spans;
  return [{ start: 0, end }];
}
