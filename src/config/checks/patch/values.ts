/** Checks of the keys about patches: each says what was expected; and those of several together. Pure. */
import { parseSchedule, type Schedule } from '../../../formats/time/cron.ts';
import { meets, opens } from '../../../formats/time/due.ts';
import { parseDuration } from '../../../formats/time/duration.ts';
import { timeZoneFault } from '../../../formats/time/time-zone.ts';
import { parseTimestamp } from '../../../formats/time/timestamp.ts';
import { parseWindow, type WindowRequest } from '../../../formats/time/window.ts';
import type { Check } from '../../keys/key-types.ts';
import { didYouMean } from '../../nearest.ts';

export const schedule: Check = (value) => {
  const read = parseSchedule(value);
  return typeof read === 'string' ? read : undefined;
};

export const timeZone: Check = (value) => {
  const fault = timeZoneFault(value);
  if (fault === undefined) return undefined;
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  return `expected a time zone such as Europe/Berlin, with its capitals${didYouMean(value, known)}`;
};

const day = 86_400_000;

/** Of timers of systemd: whole seconds. */
export const jitter: Check = (value) => {
  const milliseconds = parseDuration(value);
  return milliseconds !== undefined && milliseconds >= 0 && milliseconds <= day && milliseconds % 1000 === 0
    ? undefined
    : 'expected a duration from 0s to 24h, such as 45m';
};

/** kubectl counts whole seconds, and a person who writes a bare number may mean anything. */
export const timeout: Check = (value) => {
  const milliseconds = parseDuration(value);
  return milliseconds !== undefined && milliseconds >= 0 && milliseconds % 1000 === 0
    ? undefined
    : 'expected a duration of whole seconds, such as 600s or 10m; 0s for no limit';
};

export const gracePeriod: Check = (value) =>
  /^(-\d{1,5}|\d{1,6})$/.test(value) ? undefined : "expected a number of seconds; -1 for the pod's own";

export const wholeSeconds: Check = (value) =>
  /^\d{1,6}$/.test(value) ? undefined : 'expected a number of seconds';

export const timestamp: Check = (value) =>
  parseTimestamp(value) === undefined
    ? 'expected a time as RFC 3339 writes it, such as 2026-12-01T03:30:00Z'
    : undefined;

export const hold: Check = (value) =>
  value === 'true' || value === 'false' || parseTimestamp(value) !== undefined
    ? undefined
    : 'expected true, false, or the time until which it holds, such as 2026-12-24T00:00:00Z';

export const window: Check = (value) => {
  const read = parseWindow(value);
  if (typeof read === 'string')
    return `expected DAYS START-END [ZONE], such as "sat,sun 02:00-05:00 Europe/Berlin": ${read}`;
  if (!opens(read))
    return 'never opens: its start must be before its end, and it cannot go past midnight; end it at 23:59 or begin it at 00:00';
  return read.timeZone === undefined ? undefined : timeZone(read.timeZone);
};

/** The keys of which one decides what another means; as a configuration has them. */
export interface TimesOfPatches {
  readonly schedule: string | undefined;
  readonly window: string | undefined;
  readonly timeZone: string | undefined;
  readonly jitter: string | undefined;
}

/** What keeps the schedule from ever being due in the window; undefined where nothing does, or where one is faulty. */
export function neverMeets({ jitter, ...times }: TimesOfPatches, now: number): string | undefined {
  if (times.schedule === undefined || times.window === undefined) return undefined;
  const read: Schedule | string = parseSchedule(times.schedule);
  const opened: WindowRequest | string = parseWindow(times.window);
  const zone = times.timeZone ?? 'UTC';
  if (typeof read === 'string' || typeof opened === 'string' || timeZoneFault(zone) !== undefined)
    return undefined;
  if (meets(read, opened, zone, parseDuration(jitter ?? '0s') ?? 0, now)) return undefined;
  return `is never due while bos.patch.window is open (${times.window}), so nothing would be patched`;
}
