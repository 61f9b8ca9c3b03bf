/** Sources one after the other, read as one. */
import { type ByteRange, endOf } from './byte-range.ts';

export interface JoinedPart {
  /** Bytes. */
  readonly size: number;
  /** The bytes from `from` up to `to`, in pieces, in order. */
  stream(from: number, to: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The bytes of several ranges from one request, as far as that goes; returns the ranges that are left. */
  several?(ranges: readonly ByteRange[], signal?: AbortSignal): SomeRanges;
}
type SomeRanges = AsyncGenerator<Uint8Array, readonly ByteRange[]>;

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

/**
 * The bytes of `ranges`, which are in order, as far as they lie in one of the parts and that gives several at once;
 * returns the ranges that are left.
 */
export async function* severalJoined(
  parts: readonly JoinedPart[],
  ranges: readonly ByteRange[],
  signal?: AbortSignal,
): SomeRanges {
  let start = 0;
  for (const part of parts) {
    const [before, end] = [start, start + part.size];
    start = end;
    if (ranges[0] === undefined || ranges[0].offset >= end) continue;
    const beyond = ranges.findIndex((range) => endOf(range) > end);
    const inside = beyond < 0 ? ranges : ranges.slice(0, beyond);
    if (part.several === undefined) return ranges;
    const moved = (by: number) => (range: ByteRange) => ({ ...range, offset: range.offset + by });
    const left = yield* part.several(inside.map(moved(-before)), signal);
    return [...left.map(moved(before)), ...ranges.slice(inside.length)];
  }
  return ranges;
}

/** All of it, in memory. */
export async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  // A piece may be good only until the next one is asked for.
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}
