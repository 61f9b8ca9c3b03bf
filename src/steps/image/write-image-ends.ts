/**
 * Writes what was kept of an image when everything between was read back: the last MiB of the disk, then the first, and
 * of that the first sector last, alone. Until then the disk carries nothing that anybody would find.
 */
import { z } from 'zod';
import { settleDevices } from '../../disk/settle.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { expectOnDevice, withDevice } from '../support/devices.ts';
import { heldPath, heldRanges } from './written-image.ts';

export const writeImageEndsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-image-ends'),
  disk: z.string(),
  /** Bytes. */
  diskSize: byteCount,
  sectorSize: z.number().int().positive(),
  /** As of the step that wrote the rest. */
  work: z.string(),
});
export type WriteImageEnds = z.infer<typeof writeImageEndsSchema>;

export const writeImageEnds: Handler<WriteImageEnds> = {
  describe: (step) =>
    `Write the last and the first MiB to ${step.disk}, the sector with the partition table at the very end`,
  destructive: true,
  completes: true,
  async run(step, context) {
    const { first, rest } = await ends(step, context);
    await withDevice(context, step.disk, 'r+', async (disk) => {
      for (const { offset, bytes } of rest) await disk.write(offset, bytes);
      await disk.sync();
      await disk.write(first.offset, first.bytes);
      await disk.sync();
    });
    await settleDevices(context.host);
  },
  async verify(step, context) {
    const { first, rest } = await ends(step, context);
    await expectOnDevice(context, step.disk, [...rest, first]);
  },
  undo: { kind: 'none' },
};

async function ends(
  { diskSize, sectorSize, work }: WriteImageEnds,
  { host, resolve }: StepContext,
): Promise<{ first: PlacedBytes; rest: PlacedBytes[] }> {
  const read = (end: 'start' | 'end') => host.files.read(heldPath(resolve(work), end));
  const [start, end] = [await read('start'), await read('end')];
  const last = end.length === 0 ? [] : [{ offset: heldRanges(diskSize).end.offset, bytes: end }];
  return {
    first: { offset: 0, bytes: start.subarray(0, sectorSize) },
    rest: [...last, { offset: sectorSize, bytes: start.subarray(sectorSize) }],
  };
}
