/** Moments as RFC 3339 writes them: `2026-12-01T03:30:00Z`, `…+01:00`. Pure. */

const form = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since 1970; undefined for anything else (RFC 3339, section 5.6): a day without a time, a time without an
 * offset, a day that the month does not have, a leap second.
 */
export function parseTimestamp(text: string): number | undefined {
  const [, year, month, day] = form.exec(text) ?? [];
  const instant = year === undefined ? Number.NaN : Date.parse(text.toUpperCase());
  if (Number.isNaN(instant)) return undefined;
  // Date.parse takes 30 February for 2 March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) ? instant : undefined;
}

/** In UTC, without fractions: `2026-12-01T02:30:00Z`. */
export const renderTimestamp = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 19)}Z`;
