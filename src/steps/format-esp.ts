/**
 * Makes the EFI system partition: FAT32, its folders, and GRUB's environment block, which says from the first moment
 * that this disk is being installed and is not valid. The block has its full size from the start, so that later
 * changes never move it.
 */
import { z } from 'zod';
import { readFatFile } from '../formats/fat-file.ts';
import type { Handler } from '../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from './boot-environment.ts';
import { readBackError, withDevice } from './devices.ts';

export const formatEspSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('format-esp'),
  partition: z.string(),
  label: z.string().max(11),
  /** FAT volume serial, 8 hex digits. */
  serial: z.string().regex(/^[0-9a-fA-F]{8}$/),
  /** Logical sector size of the disk, bytes. */
  sectorSize: z.union([z.literal(512), z.literal(4096)]),
  /** Parents before children. */
  folders: z.array(z.string()),
  environment: bootEnvironmentSchema,
});
export type FormatEsp = z.infer<typeof formatEspSchema>;

const clusterSize = 4096;

export const formatEsp: Handler<FormatEsp> = {
  describe: (step) =>
    `Format the EFI system partition (FAT32, label ${step.label}), marked as not installed yet`,
  destructive: true,
  async run(step, context) {
    const { processes } = context.host;
    const device = context.resolve(step.partition);
    await processes.run('mkfs.fat', [
      ...['-F', '32', '-n', step.label, '-i', step.serial],
      ...['-S', `${step.sectorSize}`, '-s', `${clusterSize / step.sectorSize}`, '--mbr=n', device],
    ]);
    await processes.run('mmd', ['-i', device, ...step.folders.map((folder) => `::/${folder}`)]);
    await processes.run('mcopy', ['-i', device, '-', `::/${step.environment.path}`], { input: block(step) });
    await withDevice(context, device, 'r+', (file) => file.sync());
  },
  async verify(step, context) {
    const device = context.resolve(step.partition);
    await withDevice(context, device, 'r', async (file) => {
      await file.dropCache();
      const found = await readFatFile(file, step.environment.path);
      if (found === undefined || Buffer.compare(found, block(step)) !== 0) {
        throw readBackError(`${step.environment.path} on ${device}`);
      }
    });
  },
  undo: { kind: 'none' },
};

const block = (step: FormatEsp) => environmentBlock(step.environment, 'installing');
