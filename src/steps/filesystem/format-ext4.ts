/** Makes the state file system, or the one for /var alone: ext4 that GRUB 2.06 can read. */
import { z } from 'zod';
import { varLabel } from '../../disk/layout/var-layout.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';

export const formatExt4Schema = z.strictObject({
  id: z.string(),
  kind: z.literal('format-ext4'),
  partition: z.string(),
  label: z.string().max(16),
  uuid: z.string(),
});
export type FormatExt4 = z.infer<typeof formatExt4Schema>;

const blockSize = 4096;
/** The kernel initialises inode tables and journal in the background; discarding a large disk takes minutes. */
const extended = ['lazy_itable_init=1', 'lazy_journal_init=1', 'nodiscard'];

/**
 * Room for the group descriptors of a file system that later grows while it is mounted: 64 times its size, where
 * mke2fs keeps a thousand times and writes it out. It takes at most 2^32 - 1 blocks (mke2fs(8), `resize=`).
 */
function growth(size: number): string[] {
  const blocks = Math.floor(size / blockSize);
  const largest = Math.min(blocks * 64, 2 ** 32 - 1);
  return largest > blocks ? [`resize=${largest}`] : [];
}

export const formatExt4: Handler<FormatExt4> = {
  describe: (step) =>
    `Format the ${step.label === varLabel ? 'partition for /var' : 'state partition'} ` +
    `(ext4, label ${step.label}, UUID ${step.uuid})`,
  destructive: true,
  async run(step, context) {
    const target = context.block(step.partition);
    const inFile = target.offset > 0;
    const size = await withDevice(context, target, 'r', async (file) => file.size);
    await context.host.processes.run('mkfs.ext4', [
      ...['-F', '-q', '-b', `${blockSize}`, '-m', '1', '-L', step.label, '-U', step.uuid],
      // GRUB 2.06 reads neither feature, and e2fsprogs 1.47 turns both on.
      ...['-O', '^metadata_csum_seed,^orphan_file'],
      // One list: of several -E, mke2fs takes the last.
      ...['-E', [...extended, ...growth(size), ...(inFile ? [`offset=${target.offset}`] : [])].join()],
      // In a file the file system does not reach to the end.
      ...[target.path, ...(inFile ? [`${Math.floor(size / blockSize)}`] : [])],
    ]);
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    const found = await withDevice(context, target, 'r', probeExt4);
    if (found?.label !== step.label || found.uuid !== step.uuid)
      throw readBackError(`the file system on ${nameOf(target)}`);
  },
  undo: { kind: 'none' },
};
