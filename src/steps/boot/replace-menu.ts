/**
 * Replaces the boot menu of a node that runs. GRUB does not replay the journal of ext4: for it, blocks of one transaction
 * reach their places one by one. So the new file is whole and in its place before the name leads to it, and the old one
 * stays, under another name, until the name no longer does.
 */
import { z } from 'zod';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { changedSince } from '../support/changed-since.ts';
import { checkpoint } from '../support/checkpoint.ts';
import { expectOnDevice } from '../support/devices.ts';
import { refuseOtherThanFile } from '../support/target-folder.ts';

export const replaceMenuSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('replace-menu'),
  at: z.string(),
  path: z.string(),
  before: z.string(),
  text: z.string(),
});
export type ReplaceMenu = z.infer<typeof replaceMenuSchema>;

export const replaceMenu: Handler<ReplaceMenu> = {
  describe: ({ path }) => `Change the boot menu ${path} to one that counts starts`,
  destructive: false,
  async run(step, context) {
    const { files } = context.host;
    await refuseOtherThanFile(files, context.resolve(step.at), step.path);
    if ((await files.readText(pathOf(step, context))) !== step.before) throw changedSince(`/${step.path}`);
    await put(step, step.text, context);
  },
  async verify(step, context) {
    const path = pathOf(step, context);
    await expectOnDevice(context, path, [{ offset: 0, bytes: Buffer.from(step.text, 'utf8') }]);
  },
  undo: {
    kind: 'restore',
    async run(step, context) {
      if ((await context.host.files.readText(pathOf(step, context))) !== step.before)
        await put(step, step.before, context);
    },
  },
};

const pathOf = (step: ReplaceMenu, { resolve }: StepContext) => `${resolve(step.at)}/${step.path}`;

async function put(step: ReplaceMenu, text: string, context: StepContext): Promise<void> {
  const { files, processes } = context.host;
  const [path, state] = [pathOf(step, context), context.resolve(step.at)];
  const [unfinished, old] = [`${path}.new`, `${path}.old`];
  await files.remove(unfinished);
  await files.write(unfinished, text, { mode: 0o644, sync: true });
  await files.chmod(unfinished, 0o644);
  // A second name: what has lost its last one may be written over before GRUB sees that the name leads elsewhere.
  await processes.run('ln', ['-f', path, old]);
  await checkpoint(context.host, state);
  await files.rename(unfinished, path);
  await checkpoint(context.host, state);
  await files.remove(old);
}
