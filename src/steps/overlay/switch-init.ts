/**
 * What the kernel of a board starts becomes ours: by one rename, so that at every moment the old init or the new one is
 * there, whole. The old one keeps a second name first; it is the way back.
 */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { expectOnDevice } from '../support/devices.ts';
import { syncFolder } from '../support/sync-folder.ts';

export const switchInitSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('switch-init'),
  /** The root. */
  at: z.string(),
  /** Relative to it: where /sbin/init really lies. */
  path: z.string(),
  /** Beside it: the name that the old one keeps. */
  kept: z.string(),
  /** Of an old init that is a link: a second one is made, as it may lead to a program that its system replaces. */
  target: z.string().nullable(),
  /** The file that /sbin/init becomes like. */
  to: z.string(),
});
export type SwitchInit = z.infer<typeof switchInitSchema>;

export const switchInit: Handler<SwitchInit> = {
  describe: ({ path, kept }) => `Change /${path} to start Bhojpur OS, and keep the old one as /${kept}`,
  destructive: false,
  completes: true,
  preflight: async ({ at, path }, { host, resolve }) => {
    if ((await host.files.stat(`${resolve(at)}/${path}`)) !== undefined) return;
    throw refused('overlay-not-linux', `There is no /${path} in the root file system`);
  },
  async run(step, context) {
    const { files, processes } = context.host;
    const { init, kept, to, folder } = placesOf(step, context);
    if ((await files.stat(kept)) === undefined) {
      if (step.target === null) await processes.run('ln', [init, kept]);
      else await files.symlink(step.target, kept);
    }
    await syncFolder(context, folder);
    await files.writeAtomic(init, await files.read(to), { mode: 0o755 });
  },
  async verify(step, context) {
    const { init, to } = placesOf(step, context);
    await expectOnDevice(context, init, [{ offset: 0, bytes: await context.host.files.read(to) }]);
  },
  undo: { kind: 'restore', run: putBack },
};

const placesOf = ({ at, path, kept, to }: SwitchInit, { resolve }: StepContext) => {
  const root = resolve(at);
  const init = `${root}/${path}`;
  return { init, kept: `${root}/${kept}`, to: `${root}/${to}`, folder: init.replace(/\/[^/]*$/, '') };
};

async function putBack(step: SwitchInit, context: StepContext): Promise<void> {
  const { init, kept, folder } = placesOf(step, context);
  const { files } = context.host;
  if ((await files.stat(kept)) === undefined) return;
  await files.rename(kept, init);
  await syncFolder(context, folder);
}
