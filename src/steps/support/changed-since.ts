/** Something on the target is other than when the plan was made: what the plan would do to it nobody has agreed to. */
import { refused } from '../../errors.ts';

/** `source-changed` (refused); `what` names it: `/bos/system/manifest.json`. */
export const changedSince = (what: string) =>
  refused('source-changed', `Since the plan was made, ${what} has changed`, {
    hint: 'Something else changes it now. Run the command again.',
  });

export const environmentChanged = () => changedSince('the boot environment');
