/** How many bytes an image has when it is unpacked, as far as that can be known before. */

import { cached } from '../../formats/cached-source.ts';
import { xzUnpackedSize } from '../../formats/compression/xz-size.ts';
import { zstdHeader } from '../../formats/compression/zstd-frames.ts';
import type { Image } from '../image-ref.ts';
import type { Packing } from './kind.ts';

export interface UnpackedSize {
  /** Bytes; null when only the end tells. */
  readonly exact: number | null;
  /** It has at least as many. */
  readonly least: number;
}

/** `head` are the first bytes of the file. */
export async function unpackedSize(image: Image, packing: Packing, head: Uint8Array): Promise<UnpackedSize> {
  const known = (size: number) => ({ exact: size, least: size });
  if (packing === 'none' && Number.isFinite(image.size)) return known(image.size);
  if (packing === 'xz' && image.ranges && Number.isFinite(image.size)) {
    const size = await xzUnpackedSize(cached(image));
    if (size !== undefined) return known(size);
  }
  // Of a gz file only the last member says its size, and only modulo 4 GiB (RFC 1952, section 2.3.1).
  if (packing !== 'zst') return { exact: null, least: 0 };
  // There may be more frames behind the first one.
  const first = zstdHeader(head)?.contentSize ?? 0;
  return { exact: null, least: Number.isSafeInteger(first) ? first : 0 };
}
