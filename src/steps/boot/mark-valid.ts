/**
 * The last step: one sector, written in place, that says this installation is valid. It is found through the FAT
 * itself, not through a file system driver, so that nothing else on the partition is touched and a power cut leaves
 * either the old sector or the new one.
 */
import { z } from 'zod';
import { environmentSize, sectorBudget } from '../../formats/boot-config/grubenv.ts';
import { locateFatFile } from '../../formats/filesystems/fat-file.ts';
import type { OpenFile } from '../../host/ports.ts';
import type { Handler } from '../../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from '../support/boot-environment.ts';
import { readBackError, withDevice } from '../support/devices.ts';

export const markValidSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('mark-valid'),
  partition: z.string(),
  environment: bootEnvironmentSchema,
});
export type MarkValid = z.infer<typeof markValidSchema>;

export const markValid: Handler<MarkValid> = {
  describe: () => 'Mark the installation as valid (one sector, written last)',
  destructive: false,
  completes: true,
  async run(step, context) {
    const device = context.resolve(step.partition);
    await withDevice(context, device, 'r+', async (file) => {
      const sector = await findSector(file, step, device);
      const found = await file.read(sector, sectorBudget);
      const expected = environmentBlock(step.environment, 'installing').subarray(0, sectorBudget);
      // Anything else there means that the sector is not ours to write.
      if (Buffer.compare(found, expected) !== 0) throw readBackError(`${step.environment.path} on ${device}`);
      await file.write(sector, environmentBlock(step.environment, 'valid').subarray(0, sectorBudget));
      await file.sync();
    });
  },
  async verify(step, context) {
    const device = context.resolve(step.partition);
    await withDevice(context, device, 'r', async (file) => {
      await file.dropCache();
      const found = await file.read(await findSector(file, step, device), environmentSize);
      if (Buffer.compare(found, environmentBlock(step.environment, 'valid')) !== 0)
        throw readBackError(`${step.environment.path} on ${device}`);
    });
  },
  undo: { kind: 'none' },
};

/** The byte offset of the block's first sector; the whole block lies in one piece behind it. */
async function findSector(file: OpenFile, step: MarkValid, device: string): Promise<number> {
  const found = await locateFatFile(file, step.environment.path);
  const extent = found?.extents[0];
  if (found?.size !== environmentSize || extent?.length !== environmentSize)
    throw readBackError(`${step.environment.path} on ${device}`);
  return extent.offset;
}
