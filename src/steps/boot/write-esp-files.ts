/**
 * Puts the boot loader for UEFI on the EFI system partition and reads every file back. The last file is the one that
 * firmware starts: it gets its name, one sector of its folder, when all of them have reached the disk.
 */
import { basename } from 'node:path/posix';
import { z } from 'zod';
import { readFatFile } from '../../formats/filesystems/fat/file.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler } from '../../plan/plan.ts';
import { addToFat } from '../support/add-to-fat.ts';
import { checkContent, readContent, rereadContent } from '../support/content/content.ts';
import { byteCount, contentSchema } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { timeOf } from '../support/fat-time.ts';
import { refuseRevoked } from '../support/refuse-revoked.ts';

export const writeEspFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-esp-files'),
  partition: z.string(),
  /** Their folders exist, and names are of the form 8.3. The last one is what firmware starts. */
  files: z.array(z.strictObject({ path: z.string(), content: contentSchema })).min(1),
  /** When they were made, in seconds since 1970; now when left out. */
  time: byteCount.optional(),
});
export type WriteEspFiles = z.infer<typeof writeEspFilesSchema>;

export const writeEspFiles: Handler<WriteEspFiles> = {
  describe: (step) =>
    `Write the UEFI boot loader: ${step.files.map((file) => basename(file.path)).join(', ')}`,
  destructive: false,
  async preflight(step, context) {
    for (const { content } of step.files) await checkContent(content, context);
    await refuseRevoked(step.files, context);
  },
  async run(step, context) {
    const entries: { path: string; bytes: Uint8Array }[] = [];
    for (const { path, content } of step.files)
      entries.push({ path, bytes: await readContent(content, context) });
    await addToFat(context, context.block(step.partition), entries, timeOf(step, context));
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (file) => {
      await file.dropCache();
      for (const { path, content } of step.files) {
        const found = await readFatFile(file, path);
        if (found === undefined || Buffer.compare(found, await rereadContent(content, context)) !== 0)
          throw readBackError(`${path} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};
