/** A new file or folder on a FAT32 volume that may be in use: what it holds first, then its name. */
import { addedToFat, type NewFatEntry } from '../../formats/filesystems/fat/add.ts';
import type { BlockTarget } from '../../plan/block-target.ts';
import type { StepContext } from '../../plan/plan.ts';
import { withDevice } from './devices.ts';
import { timeOf } from './fat-time.ts';

/** Throws as `addedToFat`. */
export async function addToFat(context: StepContext, target: BlockTarget, entry: NewFatEntry): Promise<void> {
  await withDevice(context, target, 'r+', async (device) => {
    const { contents, records } = await addedToFat(device, [entry], timeOf({}, context));
    for (const { offset, bytes } of contents) await device.write(offset, bytes);
    await device.sync();
    for (const { offset, bytes } of records) await device.write(offset, bytes);
    await device.sync();
  });
}
