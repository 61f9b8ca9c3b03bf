/**
 * A schedule of cron as the times of a timer of systemd (systemd.time(7), "Calendar events"): the same moments in a time
 * zone, which is what systemd-analyze(1) says in the tests. Pure.
 */
import type { Calendar } from './cron.ts';

const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** A week as systemd counts it: from Monday on. */
const fromMonday = [1, 2, 3, 4, 5, 6, 0];

/**
 * Values for `OnCalendar=`, one or two: a calendar event wants both kinds of days at once, so a schedule for which either
 * is enough takes two. `zone` is an IANA name. A time that a change of the clock leaves out is passed over, one that comes
 * twice counts once.
 */
export function onCalendar(schedule: Calendar, zone: string): readonly string[] {
  const { minutes, hours, days, months, weekdays, eitherDay } = schedule;
  const time = `${list(hours, 24)}:${list(minutes, 60)}:00 ${zone}`;
  const date = (inDays: string) => `*-${list(months, 12)}-${inDays}`;
  const week = fromMonday.filter((day) => weekdays.includes(day)).map((day) => names[day] ?? '');
  const onWeekdays = week.length === names.length ? '' : `${week.join(',')} `;
  if (eitherDay) return [`${date(list(days, 31))} ${time}`, `${onWeekdays}${date('*')} ${time}`];
  return [`${onWeekdays}${date(list(days, 31))} ${time}`];
}

/** `*` for all of them, `A..B` for neighbours, two digits each. */
function list(values: readonly number[], all: number): string {
  if (values.length === all) return '*';
  const parts: string[] = [];
  for (let index = 0; index < values.length; ) {
    let end = index;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    const [first, last] = [values[index] ?? 0, values[end] ?? 0];
    parts.push(end - index < 2 ? two(first) : `${two(first)}..${two(last)}`);
    if (end - index === 1) parts.push(two(last));
    index = end + 1;
  }
  return parts.join(',');
}

const two = (number: number): string => String(number).padStart(2, '0');
