/**
 * Puts the boot loader for UEFI on the EFI system partition and reads every file back. The last file is the one that
 * firmware starts: it gets its name, one sector of its folder, when all of them have reached the disk.
 */

import { basename, dirname } from 'node:path/posix';
import { z } from 'zod';
import { readFatFile } from '../../formats/filesystems/fat-file.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { type BlockTarget, mtoolsImage, nameOf } from '../../plan/block-target.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount, checkContent, contentSchema, readContent } from '../support/content.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { atTime } from '../support/fat-time.ts';
import { refuseRevoked } from '../support/refuse-revoked.ts';

export const writeEspFilesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-esp-files'),
  partition: z.string(),
  /** Their folders exist. The last one is what firmware starts. */
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
    const target = context.block(step.partition);
    const flush = () => withDevice(context, target, 'r+', (file) => file.sync());
    const started = step.files.at(-1)?.path ?? '';
    const unnamed = started.replace(/\.[^.]*$/, '.NEW');
    const files = step.files.map((file) => (file.path === started ? { ...file, path: unnamed } : file));
    await copyFiles({ ...step, files }, target, context);
    await flush();
    await context.host.processes.run('mren', ['-i', mtoolsImage(target), `::/${unnamed}`, `::/${started}`]);
    await flush();
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (file) => {
      await file.dropCache();
      for (const { path, content } of step.files) {
        const found = await readFatFile(file, path);
        if (found === undefined || Buffer.compare(found, await readContent(content, context)) !== 0)
          throw readBackError(`${path} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};

async function copyFiles(step: WriteEspFiles, target: BlockTarget, context: StepContext): Promise<void> {
  const { files, processes } = context.host;
  const { files: list } = step;
  const staging = await makeWorkFolder(context.host, 'esp');
  try {
    for (const folder of new Set(list.map(({ path }) => dirname(path)))) {
      const here = list.filter(({ path }) => dirname(path) === folder);
      for (const { path, content } of here)
        await files.write(`${staging}/${basename(path)}`, await readContent(content, context));
      // One process for a folder, since each reads and writes the whole FAT. It copies in the order of its arguments.
      const sources = here.map(({ path }) => `${staging}/${basename(path)}`);
      await processes.run(
        'mcopy',
        ['-o', '-i', mtoolsImage(target), ...sources, `::/${folder}`],
        atTime(step),
      );
    }
  } finally {
    await files.remove(staging);
  }
}
