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
