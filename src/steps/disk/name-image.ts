/**
 * Gives a disk image its name, once all of it is on the disk: under that name there is never half of one. What belongs to
 * an older image of that name, its checksum, goes first, and that of the new one comes last: beside an image there is its
 * own checksum or none.
 */
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
  /** Files that get their names after the image. They are on the disk already. */
  beside: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  /** Files that an older image may have beside it, and what was needed up to here. */
  remove: z.array(z.string()),
});
export type NameImage = z.infer<typeof nameImageSchema>;

export const nameImage: Handler<NameImage> = {
  describe: (step) => `Name the image ${step.to}`,
  destructive: false,
  completes: true,
  async run({ from, to, mode, beside, remove }, context) {
    const { files, processes } = context.host;
    // Names, too, are on the disk only then.
    const syncNames = () => processes.run('sync', [dirname(to)]);
    await files.chmod(from, mode);
    await withDevice(context, from, 'r+', (file) => file.sync());
    if (remove.length > 0) {
      for (const path of remove) await files.remove(path);
      await syncNames();
    }
    await files.rename(from, to);
    await syncNames();
    if (beside.length === 0) return;
    for (const file of beside) await files.rename(file.from, file.to);
    await syncNames();
  },
  undo: { kind: 'none' },
};
