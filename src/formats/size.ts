/** Sizes in words, in the decimal units that disks are sold in. */

const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `21.5 GB` for 21474836480: powers of 1000, one decimal below 100 unless it is zero. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 would be shown as 1000.0 of the smaller unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const number = unit > 0 && value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
  return `${number} ${units[unit]}`;
}

const decimal = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15 } as const;
const binary = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 } as const;

/**
 * Bytes of `500G`, `500 GB`, `1.5TiB` or `1000000`: powers of 1000, with `i` of 1024; upper or lower case. Undefined
 * for anything else and for what is no whole number of bytes below 2^53.
 */
export function parseSize(text: string): number | undefined {
  const [, number, unit = '', i = ''] = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?))?b?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const letter = unit.toLowerCase() as keyof typeof binary;
  const bytes = Number(number) * (i === '' ? decimal[letter] : binary[letter]);
  // 2.3G is 2299999999.9999998 as a product.
  const whole = Math.round(bytes);
  return Number.isSafeInteger(whole) && Math.abs(bytes - whole) <= whole * 1e-12 ? whole : undefined;
}
