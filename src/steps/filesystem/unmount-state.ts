/** Unmounts the filled state file system, so that everything is on the disk before the disk is made bootable. */
import { z } from 'zod';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import type { Handler } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { unmount } from '../support/mounts.ts';

export const unmountStateSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('unmount-state'),
  partition: z.string(),
  /** The name that the mounting step bound. */
  at: z.string(),
});
export type UnmountState = z.infer<typeof unmountStateSchema>;

export const unmountState: Handler<UnmountState> = {
  describe: () => 'Unmount the state partition',
  destructive: false,
  run: (step, context) => unmount(context.host, context.resolve(step.at)),
  async verify(step, context) {
    const device = context.resolve(step.partition);
    const found = await withDevice(context, device, 'r', probeExt4);
    if (found?.state !== 'clean') throw readBackError(`the unmounted file system on ${device}`);
  },
  undo: { kind: 'none' },
};
