/** What an upgrade says of the node when it does not come to its end. */
import { refused } from '../errors.ts';
import type { Lock } from '../host/lock.ts';
import type { Outcome } from '../plan/outcome.ts';

export const upgradeLogPath = '/var/log/bos/upgrade.log';

export const upgradeOutcome: Outcome = {
  destroyed: 'The node starts the version that it runs; run the same command again.',
  uncertain:
    'The next start may be of the old version or of the new one, both of which are whole. `opsctl status` says which.',
  leftBehind: 'What could not be put back is listed here. The node still starts the version that it runs.',
  stillInUse: 'The upgrade itself is complete.',
};

/** Where everybody looks who upgrades. Below /run a restart clears it. */
export const upgradeLockPath = '/run/bos/upgrade.lock';

/** One change of what the node starts at a time. */
export const oneUpgrade = (path: string): Lock => ({
  path,
  busy: (owner) =>
    refused('upgrade-running', `Another upgrade is running (process ${owner})`, {
      hint: 'Wait until it has ended; `opsctl status` says how.',
    }),
});
