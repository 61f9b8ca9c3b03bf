/**
 * Writes GRUB's core image for BIOS, telling it where on the disk it lies: into its own partition, or, beside other
 * systems, to sectors of the disk that no boot sector names yet (the gap before the first partition, or an unused part
 * of a bios_grub partition). What the boot sector starts now stays whole until that is rewritten, so a power cut never
 * leaves a disk that starts half a loader.
 */
import { z } from 'zod';
import { bootedCoreLba, placeCoreImage } from '../../boot/boot-sector.ts';
import { settleDevices } from '../../disk/settle.ts';
import { refused } from '../../errors.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { byteCount, contentSchema } from '../support/content/content-schema.ts';
import { expectOnDevice, withDevice, writeThrough } from '../support/devices.ts';

export const writeCoreSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-core'),
  /** A partition, or a disk. */
  target: z.string(),
  /** Where in the target it goes, and the room from there; bytes. */
  offset: byteCount,
  room: z.number().int().positive(),
  /** Where that is on the disk, in sectors of 512 bytes. */
  lba: z.number().int().positive(),
  /** The disk has systems of its own: it must not start from these sectors when they are written. */
  shared: z.boolean(),
  core: contentSchema,
});
export type WriteCore = z.infer<typeof writeCoreSchema>;

export const writeCore: Handler<WriteCore> = {
  describe: (step) =>
    step.shared
      ? `Write the BIOS boot loader to ${step.target}, outside all file systems (sector ${step.lba})`
      : 'Write the BIOS boot loader to its partition',
  destructive: false,
  async preflight(step, context) {
    await checkContent(step.core, context);
    await refuseBooted(step, context, (await pieces(step, context))[0].bytes.length);
  },
  async run(step, context) {
    const placed = await pieces(step, context);
    await refuseBooted(step, context, placed[0].bytes.length);
    await writeThrough(context, context.block(step.target), placed);
    if (step.shared) await settleDevices(context.host);
  },
  verify: async (step, context) =>
    expectOnDevice(context, context.block(step.target), await pieces(step, context)),
  undo: { kind: 'none' },
};

async function pieces(step: WriteCore, context: StepContext) {
  const bytes = placeCoreImage(await readContent(step.core, context), step.lba, step.room);
  return [{ offset: step.offset, bytes }] as const;
}

/** The plan was made for what the boot sector said then. */
async function refuseBooted(step: WriteCore, context: StepContext, length: number): Promise<void> {
  if (!step.shared) return;
  const sector = await withDevice(context, step.target, 'r', (disk) => disk.read(0, 512));
  const booted = bootedCoreLba(sector);
  if (booted === undefined || booted < step.lba || booted >= step.lba + length / 512) return;
  throw refused('boot-area-changed', `${step.target} starts from sector ${booted} now`, {
    hint: 'Run the command again.',
  });
}
