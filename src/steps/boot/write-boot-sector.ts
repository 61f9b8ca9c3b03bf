/** Makes a disk bootable by a BIOS: GRUB's boot code in the first sector, the partition table in it kept. */
import { z } from 'zod';
import { bootSectorFaults, makeBootSector } from '../../boot/boot-sector.ts';
import { settleDevices } from '../../disk/settle.ts';
import { mbrSize } from '../../formats/partition-tables/mbr.ts';
import { isRange } from '../../plan/block-target.ts';
import type { Handler } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { contentSchema } from '../support/content/content-schema.ts';
import { readBackError, waitForDevice, withDevice } from '../support/devices.ts';

export const writeBootSectorSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-boot-sector'),
  disk: z.string(),
  /** Where the core image lies, in sectors of 512 bytes. */
  coreLba: z.number().int().positive(),
  image: contentSchema,
  /** Partitions that later steps use, with their sizes: closing the disk makes udev look at them again. */
  awaits: z.array(z.strictObject({ partition: z.string(), size: z.number().int().positive() })),
});
export type WriteBootSector = z.infer<typeof writeBootSectorSchema>;

export const writeBootSector: Handler<WriteBootSector> = {
  describe: (step) => `Write the boot sector of ${step.disk}`,
  destructive: false,
  preflight: (step, context) => checkContent(step.image, context),
  async run(step, context) {
    const image = await readContent(step.image, context);
    await withDevice(context, step.disk, 'r+', async (disk) => {
      await disk.write(0, makeBootSector(image, await disk.read(0, mbrSize), step.coreLba));
      await disk.sync();
    });
    await settleDevices(context.host);
    for (const { partition, size } of step.awaits) {
      const target = context.block(partition);
      if (!isRange(target)) await waitForDevice(context, target.path, size);
    }
  },
  async verify(step, context) {
    const image = await readContent(step.image, context);
    await withDevice(context, step.disk, 'r', async (disk) => {
      await disk.dropCache();
      const faults = bootSectorFaults(await disk.read(0, mbrSize), image, step.coreLba);
      if (faults.length > 0) throw readBackError(`The boot sector of ${step.disk}`);
    });
  },
  undo: { kind: 'none' },
};
