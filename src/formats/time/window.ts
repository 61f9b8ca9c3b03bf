/**
 * The time window of a Plan, as the controller understands it: days, and a time of day from which and to which jobs may
 * begin. It is the package timewindow of kured 1.13 that the controller asks. Pure.
 */

export const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export type Day = (typeof days)[number];

/** Every spelling that the schema allows, in its order: the number, two letters, three, the whole name. */
export const daySpellings: readonly string[] = days.flatMap((day, index) => [
  String(index),
  day.slice(0, 2),
  day.slice(0, 3),
  day,
]);

/** The day that a spelling means, in lower case as the schema wants it; undefined for anything else. */
export function dayOf(spelling: string): Day | undefined {
  const index = daySpellings.indexOf(spelling);
  return index < 0 ? undefined : days[Math.floor(index / 4)];
}

/**
 * Seconds since midnight of `15:04`, `15:04:05`, `15`, `03:04pm`, `03pm` and `3pm`, the layouts that kured tries one after
 * the other; undefined for anything else. The hour of 24 may have one digit, minutes and seconds always have two.
 */
export function parseTimeOfDay(text: string): number | undefined {
  const clock24 = /^(\d{1,2})(?::(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (clock24 !== null) return secondsOf(clock24[1], clock24[2], clock24[3], 23);
  const clock12 = /^(?:(\d\d):(\d\d)|(\d{1,2}))([ap]m)$/.exec(text);
  if (clock12 === null) return undefined;
  const hour = Number(clock12[1] ?? clock12[3]);
  // Go takes an hour of 0 to 12, and 12am for midnight.
  if (hour > 12) return undefined;
  const of24 = clock12[4] === 'pm' ? (hour === 12 ? 12 : hour + 12) : hour === 12 ? 0 : hour;
  return secondsOf(String(of24), clock12[2], undefined, 23);
}

function secondsOf(hour = '0', minute = '0', second = '0', lastHour = 23): number | undefined {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  return h > lastHour || m > 59 || s > 59 ? undefined : h * 3600 + m * 60 + s;
}

/** What `--window` asks for. */
export interface WindowRequest {
  readonly days: readonly Day[];
  /** `HH:MM`. */
  readonly startTime: string;
  readonly endTime: string;
  /** An IANA name; UTC where none is given. */
  readonly timeZone: string | undefined;
}

/**
 * `sat,sun 02:00-05:00 Europe/Berlin`: days (names of them, ranges such as mon-fri, or `daily`), times, and a zone that may
 * be left out. Whether the zone exists and the window ever opens is not looked at. A string is what is wrong.
 */
export function parseWindow(text: string): WindowRequest | string {
  const [named = '', times = '', timeZone, more] = text.trim().split(/\s+/);
  const found = namedDays(named);
  if (typeof found === 'string') return found;
  const [, start = '', end = ''] = /^([^-]*)-([^-]*)$/.exec(times) ?? [];
  const from = parseTimeOfDay(start);
  const to = parseTimeOfDay(end);
  if (from === undefined || to === undefined)
    return `"${times}" is not a time of day to another, such as 02:00-05:00`;
  if (more !== undefined) return `"${more}" is one word too many`;
  return { days: found, startTime: clock(from), endTime: clock(to), timeZone };
}

/** In the order of the week, each once; a string is what is wrong. */
function namedDays(text: string): readonly Day[] | string {
  if (text.toLowerCase() === 'daily') return days;
  const chosen = new Set<Day>();
  for (const part of text.toLowerCase().split(',')) {
    const [, first = '', last] = /^([^-]*)(?:-([^-]*))?$/.exec(part) ?? [];
    const from = dayOf(first);
    const to = last === undefined ? from : dayOf(last);
    if (from === undefined || to === undefined) return `"${part}" is not a day; write mon, mon-fri or daily`;
    for (let index = days.indexOf(from); ; index = (index + 1) % days.length) {
      const day = days[index] ?? from;
      chosen.add(day);
      if (day === to) break;
    }
  }
  return days.filter((day) => chosen.has(day));
}

const clock = (seconds: number): string =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
const two = (number: number): string => String(number).padStart(2, '0');
