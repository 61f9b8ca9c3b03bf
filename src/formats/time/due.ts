/** When a schedule is due, and whether it ever is within a window. Pure. */
import type { Calendar, Schedule } from './cron.ts';
import { days, type WindowRequest } from './window.ts';
import { instantsOf, wallClock } from './zoned.ts';

/** After so many days every date has been every day of the week, leap days too (Gregorian calendar: 28 years, or 40). */
const farthest = 40 * 366;
const dayMilliseconds = 86_400_000;

/**
 * The moments, in milliseconds since 1970 and ascending, at which the schedule is due after `after`, for `horizon` days. As a
 * timer of systemd takes them: a time that a change of the clock leaves out is passed over, one that comes twice counts
 * once.
 */
export function* dueTimes(
  schedule: Calendar,
  zone: string,
  after: number,
  horizon = farthest,
): Generator<number> {
  const start = wallClock(after, zone);
  const first = Date.UTC(start.year, start.month - 1, start.day);
  for (let offset = 0; offset < horizon; offset++) {
    const date = new Date(first + offset * dayMilliseconds);
    const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
    if (!isOn(schedule, month, day, date.getUTCDay())) continue;
    const times = schedule.hours.flatMap((hour) =>
      schedule.minutes.map((minute) => (hour * 60 + minute) * 60),
    );
    const instants = instantsOf({ year: date.getUTCFullYear(), month, day }, times, zone);
    const known = instants.filter((instant): instant is number => instant !== undefined && instant > after);
    yield* [...new Set(known)].toSorted((a, b) => a - b);
  }
}

/** Whether a day is one of the schedule's. `month` from 1, `weekday` 0 for Sunday. */
function isOn(schedule: Calendar, month: number, day: number, weekday: number): boolean {
  if (!schedule.months.includes(month)) return false;
  const [byDay, byWeekday] = [schedule.days.includes(day), schedule.weekdays.includes(weekday)];
  return schedule.eitherDay ? byDay || byWeekday : byDay && byWeekday;
}

/** Whether a window is open; its own zone, else `zone`. It closes with the second of its end. */
export function isOpen(window: WindowRequest, zone: string, instant: number): boolean {
  const clock = wallClock(instant, window.timeZone ?? zone);
  const day = days[clock.weekday];
  return (
    day !== undefined &&
    window.days.includes(day) &&
    clock.seconds >= secondsOf(window.startTime) &&
    clock.seconds < secondsOf(window.endTime)
  );
}

/** Whether a window ever opens: it cannot go past midnight. */
export const opens = ({ startTime, endTime }: WindowRequest): boolean =>
  secondsOf(startTime) < secondsOf(endTime);

/** Seconds since midnight of `HH:MM`. */
function secondsOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 3600 + minutes * 60;
}

/** More are not looked at: a schedule that is due every minute has been due in every window by then. */
const mostLooks = 10_080;
/** Without dates in it a schedule begins again every week; the clocks of two zones may differ by the season. */
const season = 400;

/**
 * Whether the schedule is due while the window is open, now or in many years; what is due up to `jitter` (milliseconds)
 * before it opens counts, too. An interval meets every window some day. `now` in milliseconds since 1970.
 */
export function meets(
  schedule: Schedule,
  window: WindowRequest,
  zone: string,
  jitter: number,
  now: number,
): boolean {
  if (schedule.kind === 'every') return true;
  const hasDates = schedule.days.length < 31 || schedule.months.length < 12;
  let looks = 0;
  for (const due of dueTimes(schedule, zone, now, hasDates ? farthest : season)) {
    if (isOpen(window, zone, due) || opensWithin(window, zone, due, jitter)) return true;
    looks += 1;
    if (looks >= mostLooks) return false;
  }
  return false;
}

function opensWithin(window: WindowRequest, zone: string, from: number, milliseconds: number): boolean {
  for (let day = 0; milliseconds > 0 && day * dayMilliseconds <= milliseconds + dayMilliseconds; day++) {
    const date = wallClock(from + day * dayMilliseconds, window.timeZone ?? zone);
    const [opening] = instantsOf(date, [secondsOf(window.startTime)], window.timeZone ?? zone);
    if (
      opening !== undefined &&
      opening >= from &&
      opening <= from + milliseconds &&
      isOpen(window, zone, opening)
    )
      return true;
  }
  return false;
}
