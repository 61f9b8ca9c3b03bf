/**
 * Begins an installation on a file system that keeps what it has: its boot environment says "filling" before anything
 * of an older installation is touched. From then on nothing boots from it until it is marked valid. The block is
 * there in its full size, and is changed in place: its sector stays where GRUB and a later step find it.
 */
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { environmentSize } from '../../formats/boot-config/grubenv.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from '../support/boot-environment.ts';
import { expectOnDevice } from '../support/devices.ts';

export const claimStateSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('claim-state'),
  /** Where the file system is mounted. */
  at: z.string(),
  environment: bootEnvironmentSchema,
});
export type ClaimState = z.infer<typeof claimStateSchema>;

/** What is written into later: a link there would lead out of the file system. */
const foldersOfOurs = ['bos', 'bos/system', 'bos/system/grub', 'bos/data'];

export const claimState: Handler<ClaimState> = {
  describe: () =>
    'Mark the file system as being filled with Bhojpur OS; nothing starts from it until the end, and its files stay',
  // An older installation is unmarked by it.
  destructive: true,
  caution: 'no way back from here',
  async run(step, context) {
    const { files, processes } = context.host;
    const root = context.resolve(step.at);
    await refuseLinks(root, context);
    const path = `${root}/${step.environment.path}`;
    await files.makeDir(dirname(path), 0o755);
    const block = environmentBlock(step.environment, 'filling');
    if ((await files.stat(path))?.size === environmentSize) {
      const file = await files.open(path, 'r+');
      try {
        await file.write(0, block);
        await file.sync();
      } finally {
        await file.close();
      }
    } else await files.write(path, block, { sync: true });
    await processes.run('sync', ['-f', path]);
  },
  verify: (step, context) =>
    expectOnDevice(context, `${context.resolve(step.at)}/${step.environment.path}`, [
      { offset: 0, bytes: environmentBlock(step.environment, 'filling') },
    ]),
  undo: { kind: 'none' },
};

async function refuseLinks(root: string, { host }: StepContext): Promise<void> {
  for (const folder of foldersOfOurs) {
    const stat = await host.files.stat(`${root}/${folder}`);
    if (stat === undefined || stat.type === 'directory') continue;
    throw refused('no-folder', `/${folder} on the file system is not a folder`, {
      hint: 'Move it away: Bhojpur OS keeps its files there.',
    });
  }
}
