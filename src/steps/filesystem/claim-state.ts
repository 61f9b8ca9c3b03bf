/**
 * Begins an installation on a file system that keeps what it has: its boot environment says "filling" before anything
 * of an older installation is touched. From then on nothing boots from it until it is marked valid. The block is
 * there in its full size, and is changed in place: its sector stays where GRUB and a later step find it.
 */
import { z } from 'zod';
import { environmentSize } from '../../formats/boot-config/grubenv.ts';
import type { Handler } from '../../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from '../support/boot-environment.ts';
import { expectOnDevice } from '../support/devices.ts';
import { refuseLinks } from '../support/refuse-links.ts';
import { withNewTargetFile } from '../support/target-folder.ts';

export const claimStateSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('claim-state'),
  /** Where the file system is mounted. */
  at: z.string(),
  environment: bootEnvironmentSchema,
});
export type ClaimState = z.infer<typeof claimStateSchema>;

export const claimState: Handler<ClaimState> = {
  describe: () =>
    'Mark the file system as being filled with Bhojpur OS; nothing starts from it until the end, and its files stay',
  // An older installation is unmarked by it.
  destructive: true,
  caution: 'no way back from here',
  async run(step, context) {
    const { files, processes } = context.host;
    const root = context.resolve(step.at);
    await refuseLinks(files, root);
    const block = environmentBlock(step.environment, 'filling');
    await withNewTargetFile(files, root, step.environment.path, async (path) => {
      if ((await files.stat(path))?.size !== environmentSize) return files.write(path, block, { sync: true });
      const file = await files.open(path, 'r+');
      try {
        await file.write(0, block);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    await processes.run('sync', ['-f', `${root}/${step.environment.path}`]);
  },
  verify: (step, context) =>
    expectOnDevice(context, `${context.resolve(step.at)}/${step.environment.path}`, [
      { offset: 0, bytes: environmentBlock(step.environment, 'filling') },
    ]),
  undo: { kind: 'none' },
};
