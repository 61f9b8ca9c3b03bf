/** Small reads of the same places again and again, as those of an ISO's folders, made few and larger. */
import type { ByteSource } from '../formats/bytes.ts';

const blockSize = 64 * 1024;
const blocksKept = 16;

/** The same bytes; the last mebibyte that was looked at is kept, or as much as is said. Reads larger than a block go past it. */
export function cached(source: ByteSource, kept = blocksKept * blockSize): ByteSource {
  const blocks = new Map<number, Promise<Uint8Array>>();
  const block = (index: number): Promise<Uint8Array> => {
    const found =
      blocks.get(index) ??
      source.read(index * blockSize, Math.min(blockSize, source.size - index * blockSize));
    // Taken out and put in again: the map keeps the order of use.
    blocks.delete(index);
    blocks.set(index, found);
    found.catch(() => blocks.delete(index));
    const [oldest] = blocks.keys();
    if (blocks.size * blockSize > kept && oldest !== undefined) blocks.delete(oldest);
    return found;
  };
  return {
    size: source.size,
    read: async (offset, length) => {
      const end = Math.min(source.size, offset + length);
      if (end - offset > blockSize) return source.read(offset, end - offset);
      const parts: Uint8Array[] = [];
      for (let position = offset; position < end; ) {
        const start = Math.floor(position / blockSize) * blockSize;
        const bytes = (await block(start / blockSize)).subarray(position - start, end - start);
        if (bytes.length === 0) break;
        parts.push(bytes);
        position += bytes.length;
      }
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
  };
}
