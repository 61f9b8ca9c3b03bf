/** Durations on a command line, as seconds. */
import { usage } from '../../../errors.ts';
import { parseDuration } from '../../../formats/time/duration.ts';

/** Whole seconds of `90s`, `10m` or `1h`; a bare number counts as seconds. Throws OpsError (usage) `plan-value`. */
export function secondsOf(value: unknown, option: string, fallback: number): number {
  if (value === undefined) return fallback;
  const text = String(value);
  const milliseconds = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (milliseconds !== undefined && milliseconds >= 0 && milliseconds % 1000 === 0)
    return milliseconds / 1000;
  throw usage('plan-value', `${option} ${text} is not a duration of whole seconds`, {
    hint: 'Write it as 90s, 10m or 1h.',
  });
}
