/**
 * What a remaster writes, as plain data: pieces of bytes and where in the image they go, in the order that keeps the
 * image readable. The same pieces are written in place, over a copy, and into a stream.
 */

import type { ByteRange, PlacedBytes } from '../formats/byte-range.ts';

/** Bytes in memory, or a file that is too large for it. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly size: number;
      /** Where in the file it begins, in bytes; 0 when left out. */
      readonly start?: number;
    };

export interface Piece {
  /** Bytes from the start of the image. */
  readonly offset: number;
  readonly content: Content;
}

export const methods = ['same-room', 'padding', 'append', 'rebuild', 'grub-mkrescue'] as const;
export type Method = (typeof methods)[number];
/** Those that change the image and leave the rest of it alone. */
export type PatchMethod = Extract<Method, 'same-room' | 'padding' | 'append'>;

/** Each stage is on the disk before the next begins. A reader sees the old image until `commit`, then the new one. */
export interface Patch {
  readonly method: PatchMethod;
  readonly oldSize: number;
  readonly newSize: number;
  /**
   * Only for changing the image itself, when content is to come to lie where the old content lies: that is read from
   * a second place meanwhile.
   */
  readonly detour: {
    readonly size: number;
    readonly data: readonly Piece[];
    readonly records: readonly Piece[];
  };
  /** Where nobody reads: what is new, and the GPT's second copy. */
  readonly data: readonly Piece[];
  /** Partition tables, sizes in volume descriptors, views that are given up. */
  readonly tables: readonly Piece[];
  /** One sector for each tree; the one that everything boots from is the last. */
  readonly commit: readonly Piece[];
  /** What is only tidy. */
  readonly after: readonly Piece[];
  /** What a person should know of the result. */
  readonly notes: readonly string[];
}

export const bytesPiece = (offset: number, bytes: Uint8Array): Piece => ({
  offset,
  content: { kind: 'bytes', bytes },
});

export const piecesOf = (placed: readonly PlacedBytes[]): Piece[] =>
  placed.map(({ offset, bytes }) => bytesPiece(offset, bytes));

export const pieceRange = ({ offset, content }: Piece): ByteRange => ({ offset, length: sizeOf(content) });

export const sizeOf = (content: Content): number =>
  content.kind === 'bytes' ? content.bytes.length : content.size;

/** What the image is in the end, whatever way it got there: later pieces win. */
export function finalPieces(patch: Patch): Piece[] {
  return [...patch.data, ...patch.tables, ...patch.commit, ...patch.after];
}

/** Bytes that are written in all. */
export function bytesWritten(patch: Patch): number {
  const all = [...patch.detour.data, ...patch.detour.records, ...finalPieces(patch)];
  return all.reduce((sum, { content }) => sum + sizeOf(content), 0);
}
