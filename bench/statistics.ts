/** The few statistics that the figures need. Medians, because other work on the machine only ever slows things down. */

/** The middle value, or the mean of the two in the middle. Throws RangeError for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}

/** `1.53 ×` */
export const times = (ratio: number) => `${ratio.toFixed(2)} ×`;

/** Milliseconds as `12.3 s`. */
export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** `21 ms, 19 to 44 in 20 runs`; values are milliseconds. */
export function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(Math.round);
  const runs = values.length === 1 ? '1 run' : `${values.length} runs`;
  return `${Math.round(median(values))} ms, ${least} to ${most} in ${runs}`;
}

/** Two clocks read together: ours before and after theirs, all in milliseconds. */
export interface ClockReading {
  readonly before: number;
  readonly theirs: number;
  readonly after: number;
}

/**
 * What our clock shows when theirs shows zero, and how far off that may be. Each reading bounds it from both sides;
 * the bounds of all of them are met together. Throws RangeError for no readings.
 */
export function zeroOf(readings: readonly ClockReading[]): { readonly zero: number; readonly error: number } {
  if (readings.length === 0) throw new RangeError('no readings of the clock');
  const earliest = Math.max(...readings.map(({ before, theirs }) => before - theirs));
  const latest = Math.min(...readings.map(({ after, theirs }) => after - theirs));
  return { zero: (earliest + latest) / 2, error: Math.abs(latest - earliest) / 2 };
}
