/**
 * Durations as Go writes them, which is how kubectl and the controller read theirs: `1h30m`, `600s`, `0` (the package
 * time of Go, ParseDuration). Pure.
 */

/** Nanoseconds of a unit. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** What an int64 of nanoseconds holds: about 292 years. */
const longest = 2n ** 63n - 1n;
const shortest = -(2n ** 63n);
/** Go stops taking in digits of a fraction long before; nobody writes more. */
const mostDigits = 18;

/**
 * Milliseconds of a duration, a fraction and a negative one among them; undefined for anything that Go does not take: a
 * number without a unit, blanks, days.
 */
export function parseDuration(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of rest.matchAll(
    /(\d*)\.?(\d*)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g,
  )) {
    if (whole.length > mostDigits + 1) return undefined;
    const scale = units[unit] ?? 0n;
    const digits = fraction.slice(0, mostDigits);
    total += BigInt(whole || '0') * scale;
    if (digits !== '') total += (BigInt(digits) * scale) / 10n ** BigInt(digits.length);
    if (total > -shortest) return undefined;
  }
  if (sign === '-') total = -total;
  return total > longest ? undefined : Number(total) / 1e6;
}

/** Whole seconds as a duration that everybody reads: `600s`. */
export const secondsText = (seconds: number): string => `${seconds}s`;
