/** Makes the state file system, or the one for /var alone: ext4 that GRUB 2.06 can read. */
import { z } from 'zod';
import { varLabel } from '../disk/var-layout.ts';
import { probeExt4 } from '../formats/ext4.ts';
import type { Handler } from '../plan/plan.ts';
import { readBackError, withDevice } from './devices.ts';

export const formatStateSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('format-state'),
  partition: z.string(),
  label: z.string().max(16),
  uuid: z.string(),
});
export type FormatState = z.infer<typeof formatStateSchema>;

export const formatState: Handler<FormatState> = {
  describe: (step) =>
    `Format the ${step.label === varLabel ? 'partition for /var' : 'state partition'} ` +
    `(ext4, label ${step.label}, UUID ${step.uuid})`,
  destructive: true,
  async run(step, context) {
    await context.host.processes.run('mkfs.ext4', [
      ...['-F', '-q', '-b', '4096', '-m', '1', '-L', step.label, '-U', step.uuid],
      // GRUB 2.06 reads neither feature, and e2fsprogs 1.47 turns both on.
      ...['-O', '^metadata_csum_seed,^orphan_file'],
      // The kernel initialises inode tables and journal in the background; discarding a large disk takes minutes.
      ...['-E', 'lazy_itable_init=1,lazy_journal_init=1,nodiscard'],
      context.resolve(step.partition),
    ]);
  },
  async verify(step, context) {
    const device = context.resolve(step.partition);
    const found = await withDevice(context, device, 'r', probeExt4);
    if (found?.label !== step.label || found.uuid !== step.uuid)
      throw readBackError(`the file system on ${device}`);
  },
  undo: { kind: 'none' },
};
