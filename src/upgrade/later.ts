/** Committing what is staged at a time: systemd starts the same command then. A restart before forgets it. */
import { OpsError, usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { inNode } from './in-node.ts';
import type { UpgradeRequest } from './request.ts';
import { upgrade } from './run.ts';

/** Of the timer: one at a time. */
const unit = 'bos-upgrade-commit';

/**
 * Milliseconds since 1970 of `03:30`, the next time that a clock of this machine shows it after `now`, or of
 * `2026-12-01 03:30`. Throws `time-invalid` (usage), also for what is past.
 */
export function timeOf(text: string, now: number): number {
  const [, day, hours = '', minutes = ''] =
    /^(?:(\d{4}-\d{2}-\d{2})[ T])?([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  const date = new Date(day === undefined ? now : `${day}T00:00`);
  date.setHours(Number(hours), Number(minutes), 0, 0);
  if (day === undefined && date.getTime() <= now) date.setDate(date.getDate() + 1);
  if (hours !== '' && date.getTime() > now) return date.getTime();
  throw usage('time-invalid', `${text} is not a time to come`, {
    hint: 'Write it as 03:30 or 2026-12-01 03:30, by the clock of the node.',
  });
}

/**
 * Has systemd commit at that time, with a restart if `reboot`. Throws what committing now would refuse, and
 * `commit-scheduled` (refused) when that was asked for already.
 */
export async function commitLater(
  host: Host,
  request: UpgradeRequest,
  { at, reboot }: { readonly at: number; readonly reboot: boolean },
): Promise<string> {
  const { deployment } = await upgrade(host, { ...request, dryRun: true }, { emit: () => {} });
  const seconds = Math.max(1, Math.round((at - host.clock.now()) / 1000));
  const command = [
    ...['opsctl', 'upgrade', '--commit', '--tries', `${request.tries}`],
    ...(reboot ? ['--reboot'] : []),
  ];
  try {
    await inNode(host, request.root).processes.run('systemd-run', [
      ...['--unit', unit, '--collect', `--on-active=${seconds}s`, '--timer-property=AccuracySec=1s'],
      ...command,
    ]);
  } catch (cause) {
    throw new OpsError('refused', 'commit-scheduled', 'The commit could not be scheduled', {
      cause,
      hint: `If one is set already: sudo systemctl stop ${unit}.timer. A restart forgets it, too.`,
    });
  }
  const when = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `${deployment.os} is committed at ${when} UTC${reboot ? ', and the node restarts then' : ''}.`;
}
