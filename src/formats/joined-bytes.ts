/** Sources one after the other, read as one. */

export interface JoinedPart {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `from` up to `to`, in pieces, in order. */
  stream(from: number, to: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The bytes of all parts together from `offset` up to `end`; to the last one when `end` is left out. */
export async function* streamJoined(
  parts: readonly JoinedPart[],
  offset: number,
  end: number = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const part of parts) {
    const from = Math.max(0, offset - start);
    const to = Math.min(part.size, end - start);
    start += part.size;
    if (from < to) yield* part.stream(from, to, signal);
  }
}

/** All of it, in memory. */
export async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  // A piece may be good only until the next one is asked for.
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}
