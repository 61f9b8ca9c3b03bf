/** Removes versions that nothing starts from any more. What cannot be removed is in nobody's way but for its space. */
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import type { Handler } from '../../plan/plan.ts';
import { withTargetFolder } from '../support/target-folder.ts';

export const removeDeploymentsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('remove-deployments'),
  at: z.string(),
  folders: z.array(z.string()).min(1),
});
export type RemoveDeployments = z.infer<typeof removeDeploymentsSchema>;

export const removeDeployments: Handler<RemoveDeployments> = {
  describe: ({ folders }) => `Remove versions that are not used any more: ${folders.join(', ')}`,
  destructive: true,
  caution: 'no way back from here',
  async run(step, { host, resolve, warn }) {
    for (const path of step.folders) {
      try {
        await withTargetFolder(host.files, resolve(step.at), dirname(path), (folder) =>
          host.files.remove(`${folder}${path.slice(path.lastIndexOf('/'))}`),
        );
      } catch (error) {
        warn(`${path} could not be removed and takes space: ${messageOf(error)}`);
      }
    }
  },
  undo: { kind: 'none' },
};
