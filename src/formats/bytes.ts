/** Bytes at offsets: what every codec in formats/ reads from, whether a buffer, a file, a device or HTTP ranges. */
import { type ByteRange, intersection } from './byte-range.ts';

export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** Up to `length` bytes from `offset`; fewer only at the end of the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory. */
export function fromBytes(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + length)),
  };
}

/** Ranges of a source as one source, such as a file that lies in several parts. */
export function joinedRanges(source: ByteSource, ranges: readonly ByteRange[]): ByteSource {
  const size = ranges.reduce((sum, { length }) => sum + length, 0);
  return {
    size,
    read: async (offset, length) => {
      const parts: Uint8Array[] = [];
      let start = 0;
      for (const range of ranges) {
        const part = intersection({ offset, length }, { offset: start, length: range.length });
        if (part !== undefined)
          parts.push(await source.read(range.offset + part.offset - start, part.length));
        start += range.length;
      }
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
  };
}

/** What lies in a source from `offset` on, or `length` bytes of it. */
export const within = (source: ByteSource, offset: number, length = source.size - offset): ByteSource => ({
  size: length,
  read: (start, wanted) => source.read(offset + start, Math.min(wanted, Math.max(0, length - start))),
});
