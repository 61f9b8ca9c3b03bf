/** Whether what a file says of patches can ever happen: its schedule and its window together. Pure. */
import type { Layer } from '../../config.ts';
import type { Diagnostic } from '../../diagnostics.ts';
import type { KeyName } from '../../keys/keys.ts';
import { neverMeets } from './values.ts';

/** `now` in milliseconds since 1970. */
export function patchTimeFaults({ entries }: Layer, now: number): Diagnostic[] {
  const textOf = (key: KeyName): string | undefined => {
    const value = entries.get(key)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const place = entries.get('bos.patch.schedule')?.place;
  const times = {
    schedule: textOf('bos.patch.schedule'),
    window: textOf('bos.patch.window'),
    timeZone: textOf('bos.patch.time_zone'),
    jitter: textOf('bos.patch.jitter'),
  };
  const message = neverMeets(times, now);
  if (place === undefined || message === undefined) return [];
  return [{ severity: 'error', place, key: 'bos.patch.schedule', message }];
}
