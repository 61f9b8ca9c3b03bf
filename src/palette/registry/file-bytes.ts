/** A large file from one place to another, read ahead of whoever takes it, in memory that is used again. */
import type { OpenFile } from '../../host/ports.ts';
import { rechunk } from '../../media/rechunk.ts';

/** Bytes; few and large, since each of them waits for another thread. */
const pieceSize = 1024 * 1024;

/** The bytes from `from` up to `to`; a piece is good until the next one is asked for. */
export const fileBytes = (file: OpenFile, from: number, to: number): AsyncGenerator<Uint8Array> =>
  rechunk(straight(file, from, to), pieceSize);

async function* straight(file: OpenFile, from: number, to: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(pieceSize);
  for (let offset = from; offset < to; ) {
    const length = await file.readInto(offset, memory.subarray(0, Math.min(pieceSize, to - offset)));
    if (length === 0) throw new Error('a file became shorter while it was read');
    yield memory.subarray(0, length);
    offset += length;
  }
}
