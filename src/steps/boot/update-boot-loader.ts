/**
 * Puts newer boot loader files on an EFI system partition that may be in use, shared, or the only way to start the
 * machine: at every moment each name leads to a whole file, the old or the new one. A loader that is there is never
 * replaced by one that its SBAT level says is older: a machine that has learned to refuse those would not start.
 */
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { refused } from '../../errors.ts';
import { sbatLevelOf, wouldGoBack } from '../../formats/executables/sbat.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { locateFatEntry, readFatFile } from '../../formats/filesystems/fat/file.ts';
import { type BlockTarget, nameOf, wholeOf } from '../../plan/block-target.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { addToFat } from '../support/add-to-fat.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { contentSchema } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { timeOf } from '../support/fat-time.ts';
import { refuseRevoked } from '../support/refuse-revoked.ts';
import { replaceFatFile, unnamed } from './replace-fat-file.ts';

export const updateBootLoaderSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('update-boot-loader'),
  partition: z.string(),
  /** Their names are of the form 8.3. What the firmware starts comes last. */
  files: z.array(z.strictObject({ path: z.string(), content: contentSchema })).min(1),
});
export type UpdateBootLoader = z.infer<typeof updateBootLoaderSchema>;

export const updateBootLoader: Handler<UpdateBootLoader> = {
  describe: (step) =>
    `Update the UEFI boot loader on ${step.partition.startsWith('/') ? step.partition : 'the EFI system partition'}, never to an older version: ${step.files.map(({ path }) => path).join(', ')}`,
  destructive: false,
  async preflight(step, context) {
    for (const { content } of step.files) await checkContent(content, context);
    await refuseRevoked(step.files, context);
    // In a plan that makes it, the partition is not there yet.
    if (step.partition.startsWith('/')) await requireFat32(wholeOf(step.partition), context);
  },
  async run(step, context) {
    const target = context.block(step.partition);
    await requireFat32(target, context);
    const newer = await newerLoaders(step, target, context);
    if (newer.length > 0) context.warn(`the newer boot loader that is there stays: ${newer.join(', ')}`);
    for (const { path, content } of filesOf(step, newer)) {
      const bytes = await readContent(content, context);
      await makeFolders(path, target, context);
      await replaceFatFile(context, target, path, bytes);
    }
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    const newer = await newerLoaders(step, target, context);
    await withDevice(context, target, 'r', async (file) => {
      await file.dropCache();
      for (const { path, content } of filesOf(step, newer)) {
        const found = await readFatFile(file, path);
        if (found === undefined || Buffer.compare(found, await readContent(content, context)) !== 0)
          throw readBackError(`${path} on ${nameOf(target)}`);
        if ((await locateFatEntry(file, unnamed(path))) !== undefined)
          throw readBackError(`${unnamed(path)} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};

const isLoader = (path: string) => /\.efi$/i.test(path);

/** Loaders belong together: when one is newer there, all stay. Configuration files are written in any case. */
const filesOf = (step: UpdateBootLoader, newer: readonly string[]) =>
  step.files.filter(({ path }) => newer.length === 0 || !isLoader(path));

/** Which loaders on the partition have a higher generation of something than those of the step, in words. */
async function newerLoaders(
  step: UpdateBootLoader,
  target: BlockTarget,
  context: StepContext,
): Promise<string[]> {
  const newer: string[] = [];
  await withDevice(context, target, 'r', async (file) => {
    for (const { path, content } of step.files.filter((listed) => isLoader(listed.path))) {
      const there = await readFatFile(file, path);
      const offered = sbatLevelOf(await readContent(content, context));
      if (there !== undefined) newer.push(...wouldGoBack(sbatLevelOf(there), offered));
    }
  });
  return [...new Set(newer)];
}

async function makeFolders(path: string, target: BlockTarget, context: StepContext): Promise<void> {
  const parts = dirname(path).split('/');
  for (const index of parts.keys()) {
    const folder = parts.slice(0, index + 1).join('/');
    const isThere = () => withDevice(context, target, 'r', (file) => locateFatEntry(file, folder));
    if ((await isThere()) !== undefined) continue;
    await addToFat(context, target, [{ path: folder }], timeOf({}, context));
    if ((await isThere()) === undefined) throw readBackError(`${folder} on ${nameOf(target)}`);
  }
}

async function requireFat32(target: BlockTarget, context: StepContext): Promise<void> {
  const found = await withDevice(context, target, 'r', probeFat);
  if (found?.type === 'fat32') return;
  throw refused('esp-not-fat32', `${nameOf(target)} is not a FAT32 file system`, {
    hint: 'An EFI system partition must be FAT32. Nothing was written to it.',
  });
}
