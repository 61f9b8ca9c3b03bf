/**
 * As long as a takeover is on trial it says that it lives; the initrd's feeder of the watchdog (os/initrd/lib/trial.sh)
 * stops feeding when it does not, so that a user space that hangs ends in the old system.
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';

export const trialAlivePath = '/run/bos/trial-alive';
/** How long one sign of life counts: longer than anything that is waited for between two of them. */
export const aliveSeconds = 90;

/** A number that no other sign of this boot has, and the seconds that it counts for. */
export const signOfLife = (host: Host, root: string, seconds = aliveSeconds): Promise<void> =>
  host.files.writeAtomic(join(root, trialAlivePath), `${Math.round(host.clock.monotonic())} ${seconds}\n`);
