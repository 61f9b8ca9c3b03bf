/** A stream of small pieces as one of larger ones: each is written and hashed in one go, while the next one comes. */

/**
 * The same bytes in pieces of `size` (the last one may be smaller). The next one is fetched while one is worked on,
 * in memory that is used again: a piece is good until the next one is asked for.
 */
export async function* rechunk(source: AsyncGenerator<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
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
  source: AsyncGenerator<Uint8Array>,
  target: () => Uint8Array,
): AsyncGenerator<Uint8Array> {
  let bytes = target();
  let length = 0;
  for await (const part of source) {
    for (let taken = 0; taken < part.length; ) {
      const some = part.subarray(taken, taken + bytes.length - length);
      bytes.set(some, length);
      taken += some.length;
      length += some.length;
      if (length < bytes.length) continue;
      yield bytes;
      bytes = target();
      length = 0;
    }
  }
  if (length > 0) yield bytes.subarray(0, length);
}
