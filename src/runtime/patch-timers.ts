/**
 * The timers of systemd that start patches (systemd.timer(5)), from the configuration. systemd keeps the time, in the time
 * zone of the schedule, and what was due while the node was off is made up for. Pure.
 */

import type { PatchSettings } from '../config/patch/settings.ts';
import { onCalendar } from '../formats/time/on-calendar.ts';

/** What starts a patch; the instance of os/overlay/usr/lib/systemd/system/bos-patch@.service. */
export const triggers = ['boot', 'schedule', 'after'] as const;
export type Trigger = (typeof triggers)[number];

/** What starts one that the cluster asks for: `opsctl report`, which no timer of these does. */
export const requestTrigger = 'request';

export const patchUnit = (trigger: Trigger | typeof requestTrigger): string => `bos-patch@${trigger}.service`;

/** What uncordons the node after a patch, whatever has become of it: os/overlay/usr/lib/systemd/system. */
export const uncordonUnit = 'bos-patch-uncordon.service';

export const timerName = (trigger: Trigger): string => `bos-patch-${trigger}.timer`;

/** Seconds after the start: DCP and the network begin first. */
const afterBoot = 60;

/**
 * The text of each timer that the settings want, by its trigger. `now` in milliseconds since 1970: what `bos.patch.after`
 * names and is past is due at once; the service knows whether it was done.
 */
export function timers(settings: PatchSettings, now: number): ReadonlyMap<Trigger, string> {
  const { onBoot, schedule, timeZone, jitter, after } = settings;
  const delay = jitter === 0 ? [] : [`RandomizedDelaySec=${jitter / 1000}s`];
  const found = new Map<Trigger, string>();
  if (onBoot) found.set('boot', timer('boot', [`OnBootSec=${afterBoot}s`, ...delay]));
  if (schedule?.kind === 'calendar') {
    const events = onCalendar(schedule, timeZone).map((event) => `OnCalendar=${event}`);
    found.set('schedule', timer('schedule', [...events, 'Persistent=true', ...delay]));
  }
  if (schedule?.kind === 'every') {
    const every = `${schedule.milliseconds / 1000}s`;
    found.set('schedule', timer('schedule', [`OnBootSec=${every}`, `OnUnitActiveSec=${every}`, ...delay]));
  }
  if (after !== undefined) {
    const moment = new Date(after.at).toISOString().slice(0, 19).replace('T', ' ');
    const due = after.at <= now ? `OnBootSec=${afterBoot}s` : `OnCalendar=${moment} UTC`;
    found.set('after', timer('after', [due, 'Persistent=true', ...delay]));
  }
  return found;
}

const titles: Readonly<Record<Trigger, string>> = {
  boot: 'after the start (bos.patch.on_boot)',
  schedule: 'on a schedule (bos.patch.schedule)',
  after: 'once (bos.patch.after)',
};

const timer = (trigger: Trigger, lines: readonly string[]): string =>
  [
    '# Made by opsctl from the configuration: see `opsctl config show`.',
    '[Unit]',
    `Description=Patch the system ${titles[trigger]}`,
    'Documentation=man:opsctl(1)',
    '',
    '[Timer]',
    ...lines,
    'AccuracySec=30s',
    `Unit=${patchUnit(trigger)}`,
    '',
  ].join('\n');
