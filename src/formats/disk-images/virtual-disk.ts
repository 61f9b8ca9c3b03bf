/**
 * What every writer of an image starts from, a virtual disk, and what it gives: the parts of a file, in order. So a file
 * is written in one pass, and can be hashed and compressed on the way.
 */
import { type ByteRange, endOf, joined } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';

export interface VirtualDisk {
  /** Bytes, a multiple of 512. */
  readonly size: number;
  /** What is not a hole: in order, not touching each other. Outside of them the source is not read. */
  readonly runs: readonly ByteRange[];
  /** May use the memory of a read again, for the third read after it. */
  readonly source: ByteSource;
}

/** Bytes, valid until the next part is asked for; or so many zeros, which a file need not store. */
export type Part = Uint8Array | { readonly hole: number };

export const lengthOf = (part: Part): number => (part instanceof Uint8Array ? part.length : part.hole);

/** Bytes that are read at once. */
export const pieceSize = 2 ** 20;

/** The runs as whole blocks of `unit` bytes, of which the last may go on behind the end of the disk. */
export function blocksOf({ runs }: Pick<VirtualDisk, 'runs'>, unit: number): ByteRange[] {
  const down = (offset: number) => Math.floor(offset / unit) * unit;
  return joined(
    runs.map((run) => ({ offset: down(run.offset), length: down(endOf(run) + unit - 1) - down(run.offset) })),
  );
}

/** How many blocks of `unit` bytes the ranges have, which are whole blocks. */
export const countOf = (ranges: readonly ByteRange[], unit: number): number =>
  ranges.reduce((sum, { length }) => sum + length / unit, 0);

/**
 * The bytes of ranges of the disk, each as one or more pieces of at most `pieceSize`; zeros where they go on behind its
 * end. The next piece is read while one is worked on.
 */
export async function* piecesOf(
  disk: Pick<VirtualDisk, 'size' | 'source'>,
  ranges: readonly ByteRange[],
  largest = pieceSize,
): AsyncGenerator<{ readonly offset: number; readonly bytes: Uint8Array }> {
  let next: Promise<{ offset: number; bytes: Uint8Array }> | undefined;
  for (const range of ranges)
    for (let offset = range.offset; offset < endOf(range); offset += largest) {
      const read = pieceAt(disk, offset, Math.min(largest, endOf(range) - offset));
      // Awaited below; a failure before that must not count as unhandled.
      read.catch(() => {});
      if (next !== undefined) yield await next;
      next = read;
    }
  if (next !== undefined) yield await next;
}

async function pieceAt(
  { size, source }: Pick<VirtualDisk, 'size' | 'source'>,
  offset: number,
  length: number,
) {
  const bytes = await source.read(offset, Math.min(length, size - offset));
  if (bytes.length === length) return { offset, bytes };
  if (offset + bytes.length < size)
    throw new Error(`the disk ends at byte ${offset + bytes.length} of ${size}`);
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return { offset, bytes: padded };
}

const zeros = Buffer.alloc(pieceSize);

/** The same runs without the blocks of `unit` bytes that hold nothing but zeros. `pieceSize` is a multiple of `unit`. */
export async function withoutZeros(disk: VirtualDisk, unit: number): Promise<ByteRange[]> {
  const kept: ByteRange[] = [];
  for await (const { offset, bytes } of piecesOf(disk, blocksOf(disk, unit)))
    for (let start = 0; start < bytes.length; start += unit) {
      const block = bytes.subarray(start, start + unit);
      if (Buffer.compare(block, zeros.subarray(0, block.length)) === 0) continue;
      const last = kept.at(-1) as { offset: number; length: number } | undefined;
      if (last !== undefined && endOf(last) === offset + start) last.length += block.length;
      else kept.push({ offset: offset + start, length: block.length });
    }
  return kept.map((run) => ({ ...run, length: Math.min(run.length, disk.size - run.offset) }));
}

/** The disk as it is: runs, and holes between them. */
export async function* rawParts(disk: VirtualDisk): AsyncGenerator<Part> {
  let done = 0;
  for await (const { offset, bytes } of piecesOf(disk, disk.runs)) {
    if (offset > done) yield { hole: offset - done };
    yield bytes;
    done = offset + bytes.length;
  }
  if (disk.size > done) yield { hole: disk.size - done };
}
