/** Gives a disk image its name, once all of it is on the disk: under that name there is never half of one. */
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';
import { withDevice } from '../support/devices.ts';

export const nameImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('name-image'),
  from: z.string(),
  to: z.string(),
  mode: z.number().int().nonnegative(),
});
export type NameImage = z.infer<typeof nameImageSchema>;

export const nameImage: Handler<NameImage> = {
  describe: (step) => `Name the image ${step.to}`,
  destructive: false,
  completes: true,
  async run({ from, to, mode }, context) {
    const { files, processes } = context.host;
    await files.chmod(from, mode);
    await withDevice(context, from, 'r+', (file) => file.sync());
    await files.rename(from, to);
    // The name, too.
    await processes.run('sync', [dirname(to)]);
  },
  undo: { kind: 'none' },
};
