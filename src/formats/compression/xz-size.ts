/** How many bytes an .xz file unpacks to, by the indexes at the ends of its streams (The .xz File Format 1.2.0). */
import { endOf } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { crc32 } from '../crc32.ts';

export const xzMagic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] as const;
const headerSize = 12;
const footerSize = 12;
/** A block of an index takes a few bytes; this is an index of millions. */
const largestIndex = 2 ** 24;
/** Streams, and fours of padding between them. */
const mostSteps = 10_000;

/** Undefined for a file whose ends make no sense: unpacking it will say what is wrong. */
export async function xzUnpackedSize(source: ByteSource): Promise<number | undefined> {
  let end = source.size;
  let total = 0;
  for (let steps = 0; end > 0; steps += 1) {
    if (steps >= mostSteps) return undefined;
    const footer = await source.read(end - footerSize, footerSize);
    if (footer.length < footerSize) return undefined;
    const view = new DataView(footer.buffer, footer.byteOffset, footerSize);
    // Section 2.2: padding in fours, of zeros, behind a stream.
    if (view.getUint32(8, true) === 0) {
      end -= 4;
      continue;
    }
    // Section 2.1.2: the checksum, the size of the index, the flags, the magic bytes.
    const magic = footer[10] === 0x59 && footer[11] === 0x5a;
    if (!magic || crc32(footer.subarray(4, 10)) !== view.getUint32(0, true)) return undefined;
    const indexSize = (view.getUint32(4, true) + 1) * 4;
    const index = { offset: end - footerSize - indexSize, length: indexSize };
    if (index.length > largestIndex || index.offset < headerSize) return undefined;
    const read = readIndex(await source.read(index.offset, index.length));
    if (read === undefined || endOf(index) !== end - footerSize) return undefined;
    total += read.unpacked;
    end = index.offset - read.packed - headerSize;
    if (end < 0 || !Number.isSafeInteger(total)) return undefined;
  }
  return total;
}

/** Section 4: an indicator, the number of records, and for each its size in the file and unpacked. */
function readIndex(bytes: Uint8Array): { packed: number; unpacked: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] !== 0 || crc32(bytes.subarray(0, -4)) !== view.getUint32(bytes.length - 4, true))
    return undefined;
  let position = 1;
  /** Section 1.2: seven bits a byte, the lowest first; nine bytes at most. */
  const number = () => {
    let value = 0;
    for (let byte = 0; byte < 9; byte += 1) {
      const bits = bytes[position] ?? 0;
      position += 1;
      value += (bits & 0x7f) * 2 ** (7 * byte);
      if ((bits & 0x80) === 0) return value;
    }
    return Number.NaN;
  };
  const records = number();
  let [packed, unpacked] = [0, 0];
  for (let record = 0; record < records; record += 1) {
    if (position >= bytes.length) return undefined;
    packed += Math.ceil(number() / 4) * 4;
    unpacked += number();
  }
  return Number.isSafeInteger(packed) && Number.isSafeInteger(unpacked) ? { packed, unpacked } : undefined;
}
