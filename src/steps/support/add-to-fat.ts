/** New files and folders on a FAT32 volume that may be in use: what they hold first, the name of the last one at the end. */
import { addedToFat, type NewFatEntry } from '../../formats/filesystems/fat/add.ts';
import type { BlockTarget } from '../../plan/block-target.ts';
import type { StepContext } from '../../plan/plan.ts';
import { withDevice, writePieces } from './devices.ts';

/** `time` in seconds since 1970. The last one gets its name, in one sector, when all else is on the disk. Throws as `addedToFat`. */
export async function addToFat(
  context: StepContext,
  target: BlockTarget,
  entries: readonly NewFatEntry[],
  time: number,
): Promise<void> {
  await withDevice(context, target, 'r+', async (device) => {
    const { contents, records } = await addedToFat(device, entries, time);
    await writePieces(device, [...contents, ...records.slice(0, -1)]);
    await device.sync();
    await writePieces(device, records.slice(-1));
    await device.sync();
  });
}
