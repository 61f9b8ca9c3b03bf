/**
 * The last look at a file system that is installed to as it is: the same one, of the same size, whole, and in nobody's
 * hands. Nothing of it is erased, so what has to be sure is that it is the one that was looked at.
 */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { withDevice } from '../support/devices.ts';
import { diskIdentity } from '../support/disk-identity.ts';

export const checkFilesystemSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('check-filesystem'),
  device: z.string(),
  /** Bytes of the device. */
  size: byteCount,
  /** Of the ext4 file system, lower case. */
  uuid: z.string(),
  /** How later steps call the device: `part:state`. */
  bind: z.string(),
});
export type CheckFilesystem = z.infer<typeof checkFilesystemSchema>;

export const checkFilesystem: Handler<CheckFilesystem> = {
  describe: (step) =>
    `Check that ${step.device} is still the file system that was chosen (${formatBytes(step.size)}, ext4, UUID ${step.uuid}), whole and not in use`,
  destructive: false,
  preflight: look,
  async run(step, context) {
    await look(step, context);
    context.bind(step.bind, step.device);
  },
  undo: { kind: 'none' },
};

async function look(step: CheckFilesystem, context: StepContext): Promise<void> {
  const now = await diskIdentity(context.host, step.device);
  const changed = (what: string, hint = 'Run the command again and look at the plan.') =>
    refused('device-changed', `${step.device} ${what}`, { hint });
  if (now === undefined) throw changed('is no longer there');
  if (now.size !== step.size)
    throw changed(`now has ${formatBytes(now.size)} instead of ${formatBytes(step.size)}`);
  if (now.readOnly) throw changed('is write-protected', 'Remove the write protection or choose another one.');
  if (now.usedBy.length > 0)
    throw refused('device-in-use', `${step.device} is in use: ${now.usedBy.join(', ')}`, {
      hint: 'Unmount it and run the command again.',
    });
  const found = await withDevice(context, step.device, 'r', probeExt4);
  if (found?.uuid !== step.uuid) throw changed('carries another file system than before');
  if (found.state !== 'clean')
    throw refused('filesystem-not-clean', `The file system on ${step.device} was not unmounted properly`, {
      hint: `Check it with \`e2fsck -f ${step.device}\`, and run the command again.`,
    });
}
