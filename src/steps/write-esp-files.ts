/** Puts the boot loader for UEFI on the EFI system partition and reads every file back. */
import { basename } from 'node:path/posix';
import { z } from 'zod';
import { readFatFile } from '../formats/fat-file.ts';
import type { Handler } from '../plan/plan.ts';
import { checkContent, contentSchema, readContent } from './content.ts';
import { readBackError, withDevice } from './devices.ts';

export const writeEspFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-esp-files'),
  partition: z.string(),
  /** Their folders exist. */
  files: z.array(z.strictObject({ path: z.string(), content: contentSchema })).min(1),
});
export type WriteEspFiles = z.infer<typeof writeEspFilesSchema>;

export const writeEspFiles: Handler<WriteEspFiles> = {
  describe: (step) =>
    `Write the boot loader for UEFI: ${step.files.map((file) => basename(file.path)).join(', ')}`,
  destructive: false,
  async preflight(step, context) {
    for (const { content } of step.files) await checkContent(content, context);
  },
  async run(step, context) {
    const device = context.resolve(step.partition);
    for (const { path, content } of step.files) {
      await context.host.processes.run('mcopy', ['-o', '-i', device, '-', `::/${path}`], {
        input: await readContent(content, context),
      });
    }
    await withDevice(context, device, 'r+', (file) => file.sync());
  },
  async verify(step, context) {
    const device = context.resolve(step.partition);
    await withDevice(context, device, 'r', async (file) => {
      await file.dropCache();
      for (const { path, content } of step.files) {
        const found = await readFatFile(file, path);
        if (found === undefined || Buffer.compare(found, await readContent(content, context)) !== 0)
          throw readBackError(`${path} on ${device}`);
      }
    });
  },
  undo: { kind: 'none' },
};
