/**
 * Makes a disk carry nothing: old boot code, partition tables and the signatures that libblkid, LVM, md and ZFS
 * would otherwise find again inside new partitions. This is the point of no return. The first sector goes alone: with
 * it the boot code and the table are gone for firmware and kernel, so a power cut never shows a part of what was there.
 * What is zero already is not written again.
 */
import { z } from 'zod';
import { settleDevices } from '../../disk/settle.ts';
import { type ByteRange, joined } from '../../formats/byte-range.ts';
import type { OpenFile } from '../../host/ports.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { expectOnDevice, withDevice } from '../support/devices.ts';

const range = z.strictObject({ offset: byteCount, length: byteCount });

export const wipeSignaturesSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('wipe-signatures'),
  disk: z.string(),
  /** What the disk carries now, in words; for the person who reads the plan. */
  content: z.string(),
  /** Logical sector size, bytes. */
  sectorSize: z.number().int().positive(),
  /** Bytes that become zero: in order, apart from each other. The first begins with the first sector. */
  ranges: z.array(range).min(1),
});
export type WipeSignatures = z.infer<typeof wipeSignaturesSchema>;

const chunk = 1024 * 1024;
const zeros = new Uint8Array(chunk);
/** What is looked at and written as one; a multiple of every sector size. */
const block = 4096;

export const wipeSignatures: Handler<WipeSignatures> = {
  describe: (step) => `Erase ${step.disk}: boot code, partition table and signatures (now: ${step.content})`,
  destructive: true,
  async run(step, context) {
    await withDevice(context, step.disk, 'r+', async (disk) => {
      await disk.write(0, zeros.subarray(0, step.sectorSize));
      await disk.sync();
      const memory = new Uint8Array(chunk);
      for (const piece of pieces(step)) {
        for (const { offset, length } of await notZero(disk, piece, memory))
          await disk.write(offset, zeros.subarray(0, length));
      }
      await disk.sync();
    });
    await settleDevices(context.host);
  },
  verify: (step, context: StepContext) =>
    expectOnDevice(
      context,
      step.disk,
      pieces(step).map(({ offset, length }) => ({ offset, bytes: zeros.subarray(0, length) })),
    ),
  undo: { kind: 'none' },
};

/** The blocks of a piece that hold anything but zeroes: most of a disk's ends never held anything. */
async function notZero(disk: OpenFile, piece: ByteRange, memory: Uint8Array): Promise<ByteRange[]> {
  const bytes = memory.subarray(0, piece.length);
  // What cannot be read may still be written.
  const count = await disk.readInto(piece.offset, bytes).catch(() => 0);
  if (count < bytes.length) return [piece];
  const found: ByteRange[] = [];
  for (let start = 0; start < piece.length; start += block) {
    const length = Math.min(block, piece.length - start);
    if (Buffer.compare(bytes.subarray(start, start + length), zeros.subarray(0, length)) !== 0)
      found.push({ offset: piece.offset + start, length });
  }
  return joined(found);
}

function pieces(step: WipeSignatures): ByteRange[] {
  return step.ranges.flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / chunk) }, (_, index) => ({
      offset: offset + index * chunk,
      length: Math.min(chunk, length - index * chunk),
    })),
  );
}
