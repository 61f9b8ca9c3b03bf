/** Random numbers that are the same for the same seed. */

/** Numbers from 0 up to and without `limit`. */
export type Random = (limit: number) => number;

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough to pick places. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
