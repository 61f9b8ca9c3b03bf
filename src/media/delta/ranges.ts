/**
 * Ranges of an image, fetched in order: several by one request where the server can, else a few requests on their way at
 * a time, so that none is waited for alone.
 */
import { type ByteRange, endOf, intersection } from '../../formats/byte-range.ts';
import type { Image } from '../image-ref.ts';
import { readAhead } from './read-ahead.ts';

/** Requests on their way, and the most that each brings: what is in memory at a time is their product. */
const inFlight = 4;
const mostPerRequest = 2 ** 20;

/** Where `range` of a file lies in the image that has it at `extents`, in the order of the file. */
export function placesOf(extents: readonly ByteRange[], range: ByteRange): ByteRange[] {
  const places: ByteRange[] = [];
  let start = 0;
  for (const { offset, length } of extents) {
    const part = intersection(range, { offset: start, length });
    if (part !== undefined) places.push({ offset: offset + part.offset - start, length: part.length });
    start += length;
  }
  return places;
}

/**
 * The bytes of `ranges`, one after the other. Throws what reading the image throws; what has been asked for is let go
 * of then, and when nobody reads on.
 */
export async function* fetchRanges(
  image: Pick<Image, 'stream' | 'several' | 'ref'>,
  ranges: readonly ByteRange[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // A file has nothing to wait for, and one range is best asked for as a whole.
  if (image.ref.from === 'file' || ranges.length < 2) {
    for (const range of ranges) yield* image.stream(range.offset, endOf(range), signal);
    return;
  }
  const { several } = image;
  let left = ranges;
  if (several !== undefined)
    yield* readAhead(
      async function* (stop) {
        left = yield* several(ranges, stop);
      },
      inFlight * mostPerRequest,
      signal,
    );
  yield* inParallel(image, left, signal);
}

/** By requests for one range each, of which several are under way. */
async function* inParallel(
  image: Pick<Image, 'stream'>,
  ranges: readonly ByteRange[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const waiting = ranges.flatMap(cut);
  const asked: Promise<Uint8Array>[] = [];
  const ask = () => {
    const range = waiting.shift();
    if (range === undefined) return;
    const answer = bytesOf(image, range, either);
    // Awaited in its turn; a failure before that must not count as unhandled.
    answer.catch(() => {});
    asked.push(answer);
  };
  try {
    for (let index = 0; index < inFlight; index += 1) ask();
    for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
      const bytes = await next;
      ask();
      yield bytes;
    }
  } finally {
    stop.abort();
    await Promise.allSettled(asked);
  }
}

function cut({ offset, length }: ByteRange): ByteRange[] {
  const count = Math.ceil(length / mostPerRequest);
  return Array.from({ length: count }, (_, index) => ({
    offset: offset + index * mostPerRequest,
    length: Math.min(mostPerRequest, length - index * mostPerRequest),
  }));
}

async function bytesOf(
  image: Pick<Image, 'stream'>,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(range.length);
  let filled = 0;
  for await (const piece of image.stream(range.offset, endOf(range), signal)) {
    bytes.set(piece.subarray(0, range.length - filled), filled);
    filled += piece.length;
  }
  return bytes.subarray(0, filled);
}
