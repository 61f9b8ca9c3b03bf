/** What the configuration says about patches, parsed. Pure. */
import { parseSchedule, type Schedule } from '../../formats/time/cron.ts';
import { parseDuration } from '../../formats/time/duration.ts';
import { parseTimestamp } from '../../formats/time/timestamp.ts';
import { parseWindow, type WindowRequest } from '../../formats/time/window.ts';
import type { Config } from '../config.ts';
import { patchKeys } from '../keys/patch-keys.ts';
import { configuredDrain, type DrainParameters } from './drain-parameters.ts';

export interface PatchSettings {
  readonly onBoot: boolean;
  readonly schedule: Schedule | undefined;
  /** Of the schedule, and of a window that names none. */
  readonly timeZone: string;
  /** Milliseconds by which what is scheduled is put off at most. */
  readonly jitter: number;
  readonly rebootIfRequired: boolean;
  /** `always`, or milliseconds since 1970 until which nothing is patched. */
  readonly hold: 'always' | number | undefined;
  readonly window: WindowRequest | undefined;
  /** The window as a person wrote it. */
  readonly shownWindow: string;
  /** Patch once, from this time on: as written, and in milliseconds since 1970. */
  readonly after: { readonly text: string; readonly at: number } | undefined;
  /** What `bos.patch.drain` says, and no more. */
  readonly drain: Partial<DrainParameters>;
}

/** Every key of `bos.patch`. */
export const patchKeyNames: readonly string[] = patchKeys.map(({ name }) => name);

/** A value that its key's check refuses is not in a configuration; one that is all the same counts as left out. */
export function patchSettings(config: Config): PatchSettings {
  const schedule = parsed(config['bos.patch.schedule'], parseSchedule);
  const window = parsed(config['bos.patch.window'], parseWindow);
  const after = config['bos.patch.after'];
  const at = after === undefined ? undefined : parseTimestamp(after);
  return {
    onBoot: config['bos.patch.on_boot'] === true,
    ...{ schedule, window },
    timeZone: config['bos.patch.time_zone'] ?? 'UTC',
    jitter: parseDuration(config['bos.patch.jitter'] ?? '0s') ?? 0,
    rebootIfRequired: config['bos.patch.reboot_if_required'] === true,
    hold: holdOf(config['bos.patch.hold']),
    shownWindow: config['bos.patch.window'] ?? '',
    after: after === undefined || at === undefined ? undefined : { text: after, at },
    drain: configuredDrain(config),
  };
}

function parsed<T>(text: string | undefined, parse: (text: string) => T | string): T | undefined {
  const read = text === undefined ? undefined : parse(text);
  return typeof read === 'string' ? undefined : read;
}

function holdOf(text: string | undefined): PatchSettings['hold'] {
  if (text === undefined || text === 'false') return undefined;
  // What cannot be read as a time holds: nobody asked for a patch.
  return parseTimestamp(text) ?? 'always';
}
