/**
 * Writes GRUB's core image for BIOS to sectors of a disk that no boot sector names yet: into the gap before the first
 * partition, or a part of a bios_grub partition that is not in use. What the boot sector starts now stays whole until
 * that is rewritten, so a power cut never leaves a disk that starts half a loader.
 */
import { z } from 'zod';
import { bootedCoreLba, placeCoreImage } from '../../boot/boot-sector.ts';
import { settleDevices } from '../../disk/settle.ts';
import { refused } from '../../errors.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, contentSchema, readContent } from '../support/content.ts';
import { expectOnDevice, withDevice, writeThrough } from '../support/devices.ts';

export const embedCoreSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('embed-core'),
  disk: z.string(),
  /** First sector, and the room from there in bytes. Sectors of 512 bytes. */
  lba: z.number().int().positive(),
  room: z.number().int().positive(),
  core: contentSchema,
});
export type EmbedCore = z.infer<typeof embedCoreSchema>;

export const embedCore: Handler<EmbedCore> = {
  describe: (step) =>
    `Write the BIOS boot loader to ${step.disk}, outside all file systems (sector ${step.lba})`,
  destructive: false,
  async preflight(step, context) {
    await checkContent(step.core, context);
    await refuseBooted(step, context, (await pieces(step, context))[0].bytes.length);
  },
  async run(step, context) {
    const placed = await pieces(step, context);
    await refuseBooted(step, context, placed[0].bytes.length);
    await writeThrough(context, step.disk, placed);
    await settleDevices(context.host);
  },
  verify: async (step, context) => expectOnDevice(context, step.disk, await pieces(step, context)),
  undo: { kind: 'none' },
};

async function pieces(step: EmbedCore, context: StepContext) {
  const bytes = placeCoreImage(await readContent(step.core, context), step.lba, step.room);
  return [{ offset: step.lba * 512, bytes }] as const;
}

/** The plan was made for what the boot sector said then. */
async function refuseBooted(step: EmbedCore, context: StepContext, length: number): Promise<void> {
  const sector = await withDevice(context, step.disk, 'r', (disk) => disk.read(0, 512));
  const booted = bootedCoreLba(sector);
  if (booted === undefined || booted < step.lba || booted >= step.lba + length / 512) return;
  throw refused('boot-area-changed', `${step.disk} starts from sector ${booted} now`, {
    hint: 'Run the command again.',
  });
}
