/** A time that a person gives, such as `90s`, `10m` or `1h`, in seconds; undefined for anything else. */
export function secondsOfSpan(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const seconds = Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 0);
  return seconds === 0 ? undefined : seconds;
}
