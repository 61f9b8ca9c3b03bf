/**
 * The last look before the point of no return: the disk at this path is still the disk that was planned for, and
 * nothing uses it. Names such as /dev/sda can move to another disk between two looks. Where the plan says so, the disk
 * is taken from udev until the end: else it would look at the disk, and read its table again, each time that it is
 * closed, and every step would wait for that.
 */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { diskIdentity } from '../support/disk-identity.ts';

export const checkTargetSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('check-target'),
  disk: z.string(),
  size: byteCount,
  model: z.string().nullable(),
  serial: z.string().nullable(),
  /** What uses the disk and is stopped by a later step, as the kernel names it: `md127`, `[SWAP]`. */
  stops: z.array(z.string()),
  /** udev keeps away from the disk until all steps are done, where that is possible. */
  alone: z.literal(true).exactOptional(),
});
export type CheckTarget = z.infer<typeof checkTargetSchema>;

export const checkTarget: Handler<CheckTarget> = {
  describe: (step) =>
    `Check that ${step.disk} is still the disk that was chosen (${[
      formatBytes(step.size),
      step.model,
      step.serial === null ? null : `serial ${step.serial}`,
    ]
      .filter((part) => part !== null)
      .join(', ')}) and that nothing ${step.stops.length === 0 ? '' : 'else '}uses it`,
  destructive: false,
  preflight: look,
  async run(step, context) {
    // First: the look is at the disk that was taken.
    if (step.alone === true) await take(step.disk, context);
    await look(step, context);
  },
  undo: {
    kind: 'release',
    async run(step, { host }) {
      await host.deviceLocks?.release(step.disk);
    },
  },
};

/** All disks or none: where one is left to udev, it is waited for, and that would have to wait for the others. */
async function take(disk: string, { host: { deviceLocks } }: StepContext): Promise<void> {
  if (deviceLocks === undefined || (await deviceLocks.take(disk))) return;
  for (const path of deviceLocks.taken) await deviceLocks.release(path);
}

async function look(step: CheckTarget, { host }: StepContext): Promise<void> {
  const now = await diskIdentity(host, step.disk);
  const changed = (what: string, hint = 'Run the command again and look at the disks it lists.') =>
    refused('disk-changed', `${step.disk} ${what}`, { hint });
  if (now === undefined) throw changed('is no longer there');
  if (now.size !== step.size)
    throw changed(`now has ${formatBytes(now.size)} instead of ${formatBytes(step.size)}`);
  // Only what both looks know can be compared.
  if (step.serial !== null && now.serial !== undefined && plain(now.serial) !== plain(step.serial))
    throw changed(`is now the disk with serial ${now.serial} instead of ${step.serial}`);
  if (now.readOnly)
    throw changed('is write-protected', 'Remove the write protection or choose another disk.');
  const users = now.usedBy.filter((user) => !step.stops.includes(user));
  if (users.length > 0)
    throw refused('disk-busy', `${step.disk} is in use: ${users.join(', ')}`, {
      hint: 'Unmount it, or stop what is built on it, and run the command again.',
    });
}

/** udev writes serial numbers with blanks replaced. */
const plain = (serial: string) => serial.replace(/[\s_]+/g, '');
