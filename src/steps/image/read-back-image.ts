/** Reads back from the disk itself what an image was written to, and compares checksums. */
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { stopIfInterrupted } from '../support/interrupt.ts';
import { checksumOf, MiB, readRecord } from './written-image.ts';

export const readBackImageSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('read-back-image'),
  disk: z.string(),
  /** As of the step that wrote it. */
  work: z.string(),
});
export type ReadBackImage = z.infer<typeof readBackImageSchema>;

const toldEvery = 4 * MiB;

export const readBackImage: Handler<ReadBackImage> = {
  describe: (step) => `Read back from ${step.disk} what was written, and compare`,
  destructive: false,
  async run(step, context) {
    const pieces = await readRecord(context.host.files, context.resolve(step.work));
    const total = pieces.reduce((sum, { length }) => sum + length, 0);
    await withDevice(context, step.disk, 'r', async (device) => {
      await device.dropCache();
      let [reading, resting] = [new Uint8Array(MiB), new Uint8Array(MiB)];
      const read = (index: number, into: Uint8Array) => {
        const { offset = 0, length = 0 } = pieces[index] ?? {};
        const count = device.readInto(offset, into.subarray(0, length));
        // Awaited in the next round; a failure before that must not count as unhandled.
        count.catch(() => {});
        return count;
      };
      let next = read(0, reading);
      let [done, told] = [0, 0];
      for (const [index, { offset, length, checksum }] of pieces.entries()) {
        const count = await next;
        const bytes = reading.subarray(0, length);
        [reading, resting] = [resting, reading];
        if (index + 1 < pieces.length) next = read(index + 1, reading);
        const same = count === length && checksumOf(bytes) === checksum;
        if (!same || context.signal.aborted) await next.catch(() => {});
        stopIfInterrupted(context.signal);
        if (!same) throw readBackError(`${step.disk} from byte ${offset} to ${offset + length}`);
        done += length;
        if (done - told < toldEvery && done < total) continue;
        told = done;
        context.progress(done, total, 'bytes');
      }
    });
  },
  undo: { kind: 'none' },
};
