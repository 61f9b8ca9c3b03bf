/** What an installation says of its target when it does not come to its end, and where to read more. */

import { installLogPath } from '../operation/journal.ts';
import type { Outcome } from '../operation/outcome.ts';

export const installOutcome: Outcome = {
  destroyed: 'The target is not installed and not bootable; run the same command again to start over.',
  uncertain:
    'The last write may have reached the target, so it may or may not be installed; run the same command again to start over.',
  leftBehind:
    'What could not be put back is listed here: restart the machine, or put it back by hand, before you run the same command again.',
  stillInUse: 'The installation itself is complete; reboot to release what is still in use.',
};

export const reportPlace = `journal: ${installLogPath}; sudo opsctl install --report collects everything in one file`;
