/**
 * Keeps the first sector of a disk as a file, before ours takes its place: the boot menu can start it from there, and
 * with it what this disk has started until now. What was kept once is never replaced: it would be ours.
 */
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { decodeMbr, mbrSize } from '../../formats/partition-tables/mbr.ts';
import type { Handler } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { withTargetFile } from '../support/target-folder.ts';

export const keepBootSectorSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('keep-boot-sector'),
  disk: z.string(),
  /** Where the file system is mounted, and the file on it. */
  at: z.string(),
  path: z.string(),
});
export type KeepBootSector = z.infer<typeof keepBootSectorSchema>;

export const keepBootSector: Handler<KeepBootSector> = {
  describe: (step) => `Keep the boot sector of ${step.disk}, for the boot menu to start: ${step.path}`,
  destructive: false,
  async run(step, context) {
    const { files } = context.host;
    const path = `${context.resolve(step.at)}/${step.path}`;
    if ((await files.stat(path))?.type === 'file') return;
    const sector = await withDevice(context, step.disk, 'r', (disk) => disk.read(0, mbrSize));
    if (decodeMbr(sector) === undefined)
      throw refused('boot-sector-missing', `${step.disk} has no boot sector to keep`, {
        hint: 'Run the command again.',
      });
    await withTargetFile(files, context.resolve(step.at), step.path, (file) =>
      files.write(file, sector, { sync: true }),
    );
  },
  async verify(step, context) {
    const found = await context.host.files.read(`${context.resolve(step.at)}/${step.path}`);
    if (decodeMbr(found) === undefined) throw readBackError(step.path);
  },
  undo: { kind: 'none' },
};
