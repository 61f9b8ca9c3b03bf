/**
 * Replaces a small file of a system that is in use: a power cut leaves the old text or the new one. What the plan was
 * made with must still be there.
 */
import { z } from 'zod';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { changedSince } from '../support/changed-since.ts';
import { expectOnDevice, readBackError } from '../support/devices.ts';
import { withTargetFile } from '../support/target-folder.ts';

export const replaceFileSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('replace-file'),
  at: z.string(),
  path: z.string(),
  mode: z.number().int(),
  /** null when there was none. */
  before: z.string().nullable(),
  /** null removes it. */
  text: z.string().nullable(),
});
export type ReplaceFile = z.infer<typeof replaceFileSchema>;

export const replaceFile: Handler<ReplaceFile> = {
  describe: ({ path, before, text }) =>
    `${text === null ? 'Remove' : before === null ? 'Write' : 'Change'} ${path}`,
  destructive: false,
  async run(step, context) {
    if ((await textOf(step, context)) !== step.before) throw changedSince(`/${step.path}`);
    await put(step, step.text, context);
  },
  async verify(step, context) {
    const path = `${context.resolve(step.at)}/${step.path}`;
    if (step.text !== null)
      await expectOnDevice(context, path, [{ offset: 0, bytes: Buffer.from(step.text, 'utf8') }]);
    else if (await context.host.files.exists(path)) throw readBackError(path);
  },
  undo: { kind: 'restore', run: (step, context) => put(step, step.before, context) },
};

async function put(step: ReplaceFile, text: string | null, { host, resolve }: StepContext): Promise<void> {
  await withTargetFile(host.files, resolve(step.at), step.path, async (file) => {
    if (text === null) await host.files.remove(file);
    else await host.files.writeAtomic(file, text, { mode: step.mode });
  });
}

async function textOf(step: ReplaceFile, { host, resolve }: StepContext): Promise<string | null> {
  const { files } = host;
  return withTargetFile(files, resolve(step.at), step.path, async (file) =>
    (await files.exists(file)) ? files.readText(file) : null,
  );
}
