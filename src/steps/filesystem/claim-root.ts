/**
 * The last look at a root that is taken over, and the place for the system beside what is there. What an attempt
 * that was cut short has left is removed; on a failure everything of this one.
 */
import { z } from 'zod';
import { OpsError, refused } from '../../errors.ts';
import { fileSystemIdentity } from '../../formats/filesystems/identity.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { withDevice } from '../support/devices.ts';

export const claimRootSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('claim-root'),
  device: z.string(),
  /** File system UUID, lower case. */
  uuid: z.string(),
  /** In words; the root file system when left out. */
  what: z.literal('file system').optional(),
  /** The root folder, a name such as `mount:root`. */
  at: z.string(),
  /** All of the system lies in this folder, relative. */
  folder: z.string(),
  /** What the plan makes beside it. */
  files: z.array(z.string()),
  /** A file that is there when somebody else has finished the same plan. */
  marker: z.string(),
});
export type ClaimRoot = z.infer<typeof claimRootSchema>;

export const claimRoot: Handler<ClaimRoot> = {
  describe: (step) =>
    `Use the ${step.what ?? 'root file system'} on ${step.device} (UUID ${step.uuid}), and keep what is on it`,
  destructive: false,
  preflight: look,
  async run(step, context) {
    await look(step, context);
    await removeOurs(step, context);
    const folder = `${context.resolve(step.at)}/${step.folder}`;
    await context.host.files.makeDir(folder);
    // Whatever the umask is.
    await context.host.files.chmod(folder, 0o755);
  },
  undo: { kind: 'restore', run: removeOurs },
};

async function look(step: ClaimRoot, context: StepContext): Promise<void> {
  if (await context.host.files.exists(`${context.resolve(step.at)}/${step.marker}`))
    throw refused('takeover-pending', 'Another takeover of this system was prepared in the meantime', {
      hint: 'Reboot to try it.',
    });
  const found = await withDevice(context, step.device, 'r', fileSystemIdentity);
  if (found?.uuid === step.uuid) return;
  throw new OpsError(
    'refused',
    'disk-changed',
    `${step.device} is not the file system that the plan was made for`,
    {
      hint: 'Run the command again.',
    },
  );
}

async function removeOurs(
  { at: mountRef, folder, files }: ClaimRoot,
  { host, resolve }: StepContext,
): Promise<void> {
  for (const path of [...files, folder]) await host.files.remove(`${resolve(mountRef)}/${path}`);
}
