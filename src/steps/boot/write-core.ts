/** Writes GRUB's core image for BIOS into its partition, telling it where on the disk it lies. */
import { z } from 'zod';
import { placeCoreImage } from '../../boot/boot-sector.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, contentSchema, readContent } from '../support/content.ts';
import { expectOnDevice, writeThrough } from '../support/devices.ts';

export const writeCoreSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-core'),
  partition: z.string(),
  /** First sector of the partition on the disk, and its room in bytes. Sectors of 512 bytes. */
  lba: z.number().int().positive(),
  room: z.number().int().positive(),
  core: contentSchema,
});
export type WriteCore = z.infer<typeof writeCoreSchema>;

const placed = async (step: WriteCore, context: StepContext) => [
  { offset: 0, bytes: placeCoreImage(await readContent(step.core, context), step.lba, step.room) },
];

export const writeCore: Handler<WriteCore> = {
  describe: () => 'Write the BIOS boot loader to its partition',
  destructive: false,
  async preflight(step, context) {
    await checkContent(step.core, context);
    await placed(step, context);
  },
  run: async (step, context) =>
    writeThrough(context, context.resolve(step.partition), await placed(step, context)),
  verify: async (step, context) =>
    expectOnDevice(context, context.resolve(step.partition), await placed(step, context)),
  undo: { kind: 'none' },
};
