/**
 * Makes the folders that are about to be filled, empty: what an interrupted run has left in them goes. Nothing starts from
 * them before the end of the plan; a failure removes them.
 */
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { withTargetFolder } from '../support/target-folder.ts';

export const claimFoldersSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('claim-folders'),
  at: z.string(),
  folders: z.array(z.string()).min(1),
});
export type ClaimFolders = z.infer<typeof claimFoldersSchema>;

export const claimFolders: Handler<ClaimFolders> = {
  describe: ({ folders }) => `Make the folders ${folders.join(', ')}, empty`,
  destructive: false,
  async run(step, context) {
    await removeAll(step, context);
    const { host, resolve } = context;
    for (const path of step.folders)
      await withTargetFolder(host.files, resolve(step.at), path, (folder) => host.files.chmod(folder, 0o755));
  },
  undo: { kind: 'restore', run: removeAll },
};

async function removeAll(step: ClaimFolders, { host, resolve }: StepContext): Promise<void> {
  for (const path of step.folders)
    await withTargetFolder(host.files, resolve(step.at), dirname(path), (folder) =>
      host.files.remove(`${folder}${path.slice(path.lastIndexOf('/'))}`),
    );
}
