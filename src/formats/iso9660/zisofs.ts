/**
 * Files that lie compressed in an image and that Linux shows as they were (zisofs, in Linux fs/isofs/compress.c): a
 * header, where each block begins, and the blocks, each by itself in zlib's format. Loaded for images that have some.
 */
import { inflateSync } from 'node:zlib';
import type { ByteSource } from '../bytes.ts';
import { invalid } from './bounded-read.ts';
import type { Zisofs } from './rock-ridge.ts';

/** The file as it is seen. Its `read` throws OpsError `iso-invalid` (refused) for what does not expand. */
export function expanded(raw: ByteSource, { size, headerSize, blockSize }: Zisofs): ByteSource {
  let held: { readonly index: number; readonly bytes: Uint8Array } | undefined;

  async function block(index: number): Promise<Uint8Array> {
    if (held?.index === index) return held.bytes;
    const length = Math.min(blockSize, size - index * blockSize);
    const pointers = Buffer.from(await raw.read(headerSize + index * 4, 8));
    if (pointers.length < 8) throw invalid('a compressed file of the image is cut off', headerSize);
    const [start, end] = [pointers.readUInt32LE(0), pointers.readUInt32LE(4)];
    if (end < start || end > raw.size || end - start > 2 * blockSize + 1024)
      throw invalid('a compressed file of the image is damaged', start);
    // Nothing stands for zeros.
    const bytes =
      start === end ? new Uint8Array(length) : inflated(await raw.read(start, end - start), length);
    held = { index, bytes };
    return bytes;
  }

  return {
    size,
    read: async (offset, wanted) => {
      const end = Math.min(size, offset + wanted);
      const parts: Uint8Array[] = [];
      for (let place = offset; place < end; ) {
        const index = Math.floor(place / blockSize);
        const bytes = await block(index);
        const part = bytes.subarray(place - index * blockSize, end - index * blockSize);
        parts.push(part);
        place += part.length;
      }
      return Buffer.concat(parts);
    },
  };
}

function inflated(bytes: Uint8Array, length: number): Uint8Array {
  let result: Uint8Array;
  try {
    result = inflateSync(bytes, { maxOutputLength: length });
  } catch {
    throw invalid('a compressed file of the image does not expand', 0);
  }
  if (result.length !== length) throw invalid('a compressed file of the image is too short', 0);
  return result;
}
