/** An answer with several ranges, `multipart/byteranges` (RFC 9110, section 14.6), laid out before it is sent. Pure. */
import { type ByteRange, endOf } from '../../formats/byte-range.ts';

export interface Multipart {
  readonly contentType: string;
  /** Bytes in all. */
  readonly length: number;
  /** What stands before each range, and behind the last one. */
  readonly heads: readonly Uint8Array[];
  readonly end: Uint8Array;
}

/** `boundary` must not occur at the start of a line of the content: 128 random bits do not. */
export function multipartOf(
  ranges: readonly ByteRange[],
  size: number,
  contentType: string,
  boundary: string,
): Multipart {
  const heads = ranges.map((range, index) =>
    Buffer.from(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Range: ${contentRange(range, size)}\r\n\r\n`,
    ),
  );
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const text = heads.reduce((sum, head) => sum + head.length, end.length);
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: ranges.reduce((sum, { length }) => sum + length, text),
    heads,
    end,
  };
}

/** The value of a Content-Range header. */
export const contentRange = (range: ByteRange, size: number): string =>
  `bytes ${range.offset}-${endOf(range) - 1}/${size}`;
