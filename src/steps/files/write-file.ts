/** Writes one small file of the installation and reads it back. */
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { contentSchema } from '../support/content/content-schema.ts';
import { expectOnDevice } from '../support/devices.ts';
import { withNewTargetFile } from '../support/target-folder.ts';

export const writeFileSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-file'),
  at: z.string(),
  path: z.string(),
  mode: z.number().int(),
  content: contentSchema,
  /** For the plan that is shown: what somebody should know to be in it. */
  holds: z.string().optional(),
});
export type WriteFile = z.infer<typeof writeFileSchema>;

export const writeFile: Handler<WriteFile> = {
  describe: ({ path, holds }) => `Write ${path}${holds === undefined ? '' : `: ${holds}`}`,
  destructive: false,
  preflight: (step, context) => checkContent(step.content, context),
  async run(step, context) {
    const { files } = context.host;
    const bytes = await readContent(step.content, context);
    await withNewTargetFile(files, context.resolve(step.at), step.path, async (file) => {
      await files.write(file, bytes, { mode: step.mode, sync: true });
      await files.chmod(file, step.mode);
    });
  },
  async verify(step, context) {
    const bytes = await readContent(step.content, context);
    const path = `${context.resolve(step.at)}/${step.path}`;
    await expectOnDevice(context, path, [{ offset: 0, bytes }]);
  },
  undo: { kind: 'none' },
};
