/** A stream of small pieces as one of larger ones: each is written and hashed in one go, while the next one comes. */
import type { PlacedBytes } from '../formats/byte-range.ts';

/**
 * The same bytes in pieces of `size` (the last one may be smaller). The next one is fetched while one is worked on,
 * in memory that is used again: a piece is good until the next one is asked for.
 */
export async function* rechunk(source: AsyncGenerator<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of rechunkPlaced(inOrder(source), size)) yield bytes;
}

/** Bytes one after the other, from `offset` on, with their places. */
export async function* inOrder(source: AsyncGenerator<Uint8Array>, offset = 0): AsyncGenerator<PlacedBytes> {
  let position = offset;
  for await (const bytes of source) {
    yield { offset: position, bytes };
    position += bytes.length;
  }
}

/** The same for bytes with places: a piece ends, too, where the next bytes do not follow. */
export async function* rechunkPlaced(
  source: AsyncGenerator<PlacedBytes>,
  size: number,
): AsyncGenerator<PlacedBytes> {
  let [filling, resting] = [new Uint8Array(size), new Uint8Array(size)];
  const pieces = filled(source, () => filling);
  let next = pieces.next();
  try {
    for (;;) {
      const result = await next;
      if (result.done) return;
      [filling, resting] = [resting, filling];
      next = pieces.next();
      // Awaited in the next round; a failure before that must not count as unhandled.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
    await pieces.return(undefined);
  }
}

/** Each piece in the memory that `target` gives when it begins. */
async function* filled(
  source: AsyncGenerator<PlacedBytes>,
  target: () => Uint8Array,
): AsyncGenerator<PlacedBytes> {
  let memory = target();
  let [offset, length] = [0, 0];
  for await (const part of source) {
    if (length > 0 && part.offset !== offset + length) {
      yield { offset, bytes: memory.subarray(0, length) };
      memory = target();
      length = 0;
    }
    if (length === 0) offset = part.offset;
    for (let taken = 0; taken < part.bytes.length; ) {
      const some = part.bytes.subarray(taken, taken + memory.length - length);
      memory.set(some, length);
      taken += some.length;
      length += some.length;
      if (length < memory.length) continue;
      yield { offset, bytes: memory };
      memory = target();
      offset = part.offset + taken;
      length = 0;
    }
  }
  if (length > 0) yield { offset, bytes: memory.subarray(0, length) };
}
