/** Reading back: past the page cache nothing is read ahead by the system, so it is done here. */
import type { ByteRange } from '../../../formats/byte-range.ts';
import type { OpenFile } from '../../../host/ports.ts';

const pieceSize = 2 ** 20;

/** Two pieces of memory in turn. */
export type ReadAheadMemory = readonly [Uint8Array, Uint8Array];
export const readAheadMemory = (): ReadAheadMemory => [new Uint8Array(pieceSize), new Uint8Array(pieceSize)];

/**
 * The bytes of the ranges, in their order, in pieces of a MiB at most, of which none goes from one range into the next.
 * The next one is read while one is worked on, in memory that is used again: a piece is good until the next one is
 * asked for. It is shorter where the file ends. Who reads often in a row gives the memory: it is large, and what is made
 * anew each time stays until the garbage is collected. Throws what reading does.
 */
export async function* readAhead(
  file: Pick<OpenFile, 'readInto'>,
  ranges: readonly ByteRange[],
  memory = readAheadMemory(),
): AsyncGenerator<Uint8Array> {
  const places = piecesOf(ranges);
  let [reading, resting] = memory;
  const read = (): Promise<Uint8Array> | undefined => {
    const { value } = places.next();
    if (value === undefined) return undefined;
    const into = reading.subarray(0, value.length);
    const bytes = file.readInto(value.offset, into).then((count) => into.subarray(0, count));
    // Awaited in the next round; a failure before that must not count as unhandled.
    bytes.catch(() => {});
    return bytes;
  };
  let next = read();
  try {
    while (next !== undefined) {
      const bytes = await next;
      [reading, resting] = [resting, reading];
      next = read();
      yield bytes;
    }
  } finally {
    // Nothing may be read into this memory, or from a file that is closed, when this has ended.
    await next?.catch(() => {});
  }
}

function* piecesOf(ranges: readonly ByteRange[]): Generator<ByteRange, undefined> {
  for (const { offset, length } of ranges)
    for (let done = 0; done < length; done += pieceSize)
      yield { offset: offset + done, length: Math.min(pieceSize, length - done) };
}
