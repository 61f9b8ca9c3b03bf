/** Makes the folders that the installed system keeps its data in. */
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';
import { withTargetFolder } from '../support/target-folder.ts';

export const makeFoldersSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('make-folders'),
  at: z.string(),
  folders: z.array(z.strictObject({ path: z.string(), mode: z.number().int() })),
});
export type MakeFolders = z.infer<typeof makeFoldersSchema>;

export const makeFolders: Handler<MakeFolders> = {
  describe: (step) => `Make the folders ${step.folders.map((folder) => folder.path).join(', ')}`,
  destructive: false,
  async run(step, { host, resolve }) {
    for (const { path, mode } of step.folders) {
      // One that is there gets it too.
      await withTargetFolder(host.files, resolve(step.at), path, (folder) => host.files.chmod(folder, mode));
    }
  },
  undo: { kind: 'none' },
};
