/** An image as it is once pieces have been laid over it, without anything being written: for checking and streaming. */
import { intersection, overlaps } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { type Piece, pieceRange } from '../pieces.ts';

/** Gives the bytes of a file that content stands in. */
export type OpenContent = (path: string) => Promise<ByteSource>;

/** Later pieces win. What lies behind the end of `source` and in no piece is zeros. */
export function overlaid(
  source: ByteSource,
  pieces: readonly Piece[],
  size: number,
  open: OpenContent,
): ByteSource {
  const opened = new Map<string, Promise<ByteSource>>();
  const contentOf = async ({ content }: Piece, from: number, length: number): Promise<Uint8Array> => {
    if (content.kind === 'bytes') return content.bytes.subarray(from, from + length);
    const file = opened.get(content.path) ?? open(content.path);
    opened.set(content.path, file);
    return (await file).read((content.start ?? 0) + from, length);
  };
  return {
    size,
    read: async (offset, wanted) => {
      const length = Math.max(0, Math.min(wanted, size - offset));
      const below = await source.read(offset, length);
      const asked = { offset, length };
      const over = pieces.filter((piece) => overlaps(pieceRange(piece), asked));
      if (over.length === 0 && below.length === length) return below;
      const bytes = new Uint8Array(length);
      bytes.set(below);
      for (const piece of over) {
        const part = intersection(pieceRange(piece), asked);
        if (part === undefined) continue;
        bytes.set(await contentOf(piece, part.offset - piece.offset, part.length), part.offset - offset);
      }
      return bytes;
    },
  };
}
