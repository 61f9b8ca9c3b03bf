/** Which parts of an image are read, in one pass from its beginning to its end. Pure. */
import { type ByteRange, endOf, joined } from '../formats/byte-range.ts';

/** Asking anew costs a round trip; reading this much more costs less. */
const gap = 1024 * 1024;

export interface ImageFacts {
  /** Bytes; Infinity where the server does not say it. */
  readonly size: number;
  /** Without them a server sends the image from its beginning. */
  readonly ranges: boolean;
}

/** The parts that cover `extents`; for the digest of the whole (`all`) everything is read. */
export function spansOf(
  extents: readonly ByteRange[],
  { size, ranges }: ImageFacts,
  { all }: { readonly all: boolean },
): ByteRange[] {
  if (all) return [{ offset: 0, length: size }];
  const spans = joined(extents, gap);
  const last = spans.at(-1);
  return ranges || last === undefined ? spans : [{ offset: 0, length: endOf(last) }];
}
