/**
 * A schedule as crontab(5) writes it: five fields with names, ranges, lists and steps, `@daily` and its like, and
 * `@every 1h30m` as the Go packages have it. Parsed here and not by a library, because systemd keeps the time: what is
 * needed are the values of each field (croner 11, cron-parser 5 tell the next time only; croner judges this in the
 * tests). Pure.
 */
import { parseDuration } from './duration.ts';

/** At these minutes of these hours of these days, by the clock of a time zone. Each list ascending. */
export interface Calendar {
  readonly kind: 'calendar';
  /** 0 to 59. */
  readonly minutes: readonly number[];
  /** 0 to 23. */
  readonly hours: readonly number[];
  /** 1 to 31. */
  readonly days: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 (Sunday) to 6. */
  readonly weekdays: readonly number[];
  /** Both kinds of days were named: one of them is enough. Else both hold. */
  readonly eitherDay: boolean;
}

/** Again so long after the last time. Milliseconds, whole minutes at least one. */
export interface Interval {
  readonly kind: 'every';
  readonly milliseconds: number;
}

export type Schedule = Calendar | Interval;

const shorthands: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Of the values from `from` on. */
  readonly names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: months },
  { name: 'day of the week', from: 0, to: 7, names: weekdays },
] as const satisfies readonly Field[];

/** The most days that each month can have. */
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const minute = 60_000;

/** The schedule; a string is what is wrong, also when it can never be due. */
export function parseSchedule(text: string): Schedule | string {
  const trimmed = text.trim();
  const [, zone] = /^(?:CRON_)?TZ=(\S*)/i.exec(trimmed) ?? [];
  if (zone !== undefined)
    return `names a time zone; the zone has a key of its own, bos.patch.time_zone${zone === '' ? '' : `: ${zone}`}`;
  if (/^@every\b/i.test(trimmed)) return everyOf(trimmed.replace(/^@every\s*/i, ''));
  if (trimmed.startsWith('@')) {
    const line = shorthands[trimmed.toLowerCase()];
    if (line !== undefined) return parseSchedule(line);
    if (trimmed.toLowerCase() === '@reboot') return '@reboot is bos.patch.on_boot here';
    return `expected ${Object.keys(shorthands).join(', ')} or @every 1h30m after the @`;
  }
  const words = trimmed === '' ? [] : trimmed.split(/\s+/);
  if (words.length !== fields.length) {
    const advice = words.length === 6 ? '; leave out the seconds' : '';
    return `expected five fields (minute, hour, day of the month, month, day of the week), found ${words.length}${advice}`;
  }
  return calendarOf(words);
}

function everyOf(text: string): Interval | string {
  const milliseconds = parseDuration(text.trim());
  if (milliseconds === undefined) return 'expected a duration such as 1h30m after @every';
  if (milliseconds < minute || milliseconds % minute !== 0)
    return 'expected whole minutes after @every, and at least one';
  return { kind: 'every', milliseconds };
}

function calendarOf(words: readonly string[]): Calendar | string {
  const lists: (readonly number[])[] = [];
  for (const [index, field] of fields.entries()) {
    const list = listOf(words[index] ?? '', field);
    if (typeof list === 'string') return `${field.name}: ${list}`;
    lists.push(list);
  }
  const [minutes = [], hours = [], days = [], inMonths = [], named = []] = lists;
  // 7 is Sunday, too.
  const onWeekdays = [...new Set(named.map((day) => day % 7))].toSorted((a, b) => a - b);
  const [dayWord = '', , weekdayWord = ''] = words.slice(2);
  const stepped = [dayWord, weekdayWord].find((word) => word.startsWith('*/'));
  if (stepped !== undefined && dayWord !== '*' && weekdayWord !== '*')
    return `${stepped} beside another field of days is read in two ways; write it as ${stepped === dayWord ? stepped.replace('*', '1-31') : stepped.replace('*', '0-6')} if one of the two is enough`;
  const eitherDay = dayWord !== '*' && weekdayWord !== '*';
  const calendar = { minutes, hours, days, months: inMonths, weekdays: onWeekdays, eitherDay };
  if (!eitherDay && inMonths.every((month) => days.every((day) => day > longest(month))))
    return 'is never due: these months do not have such a day';
  return { kind: 'calendar', ...calendar };
}

const longest = (month: number): number => longestMonths[month - 1] ?? 0;

/** Ascending, each once; a string is what is wrong. */
function listOf(text: string, field: Field): readonly number[] | string {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const range = rangeOf(part, field);
    if (typeof range === 'string') return range;
    for (let value = range.first; value <= range.last; value += range.step) found.add(value);
  }
  return [...found].toSorted((a, b) => a - b);
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

function rangeOf(part: string, field: Field): Range | string {
  const [, base = '', stepText] = /^([^/]*)(?:\/(.*))?$/.exec(part) ?? [];
  const step = stepText === undefined ? 1 : Number(/^\d{1,4}$/.test(stepText) ? stepText : 0);
  if (step === 0) return `"${part}": expected a number from 1 on after the /`;
  // Of the week the 7 is only another name.
  const last = field.to === 7 ? 6 : field.to;
  if (base === '*') return { first: field.from, last, step };
  const [, low = '', high] = /^([^-]*)(?:-(.*))?$/.exec(base) ?? [];
  const from = valueIn(low, field);
  const to = high === undefined ? from : valueIn(high, field);
  if (from === undefined || to === undefined) return `"${part}": expected ${expectedOf(field)}`;
  const end = high === undefined && stepText !== undefined ? last : to;
  // Friday to Sunday.
  const until = field.to === 7 && end === 0 && from > 0 ? 7 : end;
  if (until < from) return `"${part}": the range ends before it begins`;
  return { first: from, last: until, step };
}

function valueIn(text: string, { from, to, names = [] }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return from + named;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : undefined;
}

function expectedOf({ from, to, names }: Field): string {
  const range = `${from} to ${to}`;
  return `*, or ${range}${names === undefined ? '' : ` (${names[0]}, ${names[1]} and so on)`}, with ranges (1-5), lists (1,3) and steps (*/2)`;
}
