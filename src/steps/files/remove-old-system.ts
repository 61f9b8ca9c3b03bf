/**
 * Removes the system files of an older installation, its manifest first: with none, nobody takes the rest for whole.
 * Only what the manifest of an installation can list goes; configuration, data and everything else stay.
 */
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';

export const removeOldSystemSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('remove-old-system'),
  at: z.string(),
  /** In the order in which they go. */
  paths: z.array(z.string()).min(1),
});
export type RemoveOldSystem = z.infer<typeof removeOldSystemSchema>;

export const removeOldSystem: Handler<RemoveOldSystem> = {
  describe: (step) => `Remove the system files of the old Bhojpur OS, not its data: ${step.paths.join(', ')}`,
  destructive: true,
  caution: 'no way back from here',
  async run(step, { host, resolve }) {
    const root = resolve(step.at);
    for (const path of step.paths) {
      if (!(await host.files.exists(`${root}/${path}`))) continue;
      await host.files.remove(`${root}/${path}`);
      await host.processes.run('sync', ['-f', root]);
    }
  },
  undo: { kind: 'none' },
};
