/**
 * Makes the EFI system partition: FAT32, its folders, and GRUB's environment block, which says from the first moment
 * that this disk is being installed and is not valid. The block has its full size from the start, so that later
 * changes never move it. All of it is made in memory and then written with its first sector last: a power cut leaves a
 * partition without a file system, or one that says what it is.
 */
import { z } from 'zod';
import { endOf, rangeOf } from '../../formats/byte-range.ts';
import { fromBytes } from '../../formats/bytes.ts';
import { addedToFat } from '../../formats/filesystems/fat/add.ts';
import { readFatFile } from '../../formats/filesystems/fat/file.ts';
import { newFatVolume } from '../../formats/filesystems/fat/new-volume.ts';
import type { OpenFile } from '../../host/ports.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler } from '../../plan/plan.ts';
import { bootEnvironmentSchema, environmentBlock } from '../support/boot-environment.ts';
import { byteCount } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import { timeOf } from '../support/fat-time.ts';

export const formatEspSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('format-esp'),
  partition: z.string(),
  label: z.string().max(11),
  /** FAT volume serial, 8 hex digits. */
  serial: z.string().regex(/^[0-9a-fA-F]{8}$/),
  /** Logical sector size of the disk, bytes. */
  sectorSize: z.union([z.literal(512), z.literal(4096)]),
  /** Parents before children. */
  folders: z.array(z.string()),
  environment: bootEnvironmentSchema,
  /** When its folders and files were made, in seconds since 1970; now when left out. */
  time: byteCount.optional(),
});
export type FormatEsp = z.infer<typeof formatEspSchema>;

export const formatEsp: Handler<FormatEsp> = {
  describe: (step) =>
    `Format the EFI system partition (FAT32, label ${step.label}), marked as not installed yet`,
  destructive: true,
  async run(step, context) {
    const time = timeOf(step, context);
    await withDevice(context, context.block(step.partition), 'r+', async (device) =>
      writeFirstSectorLast(device, await volumeOf(step, device.size, time), step.sectorSize),
    );
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (file) => {
      await file.dropCache();
      const found = await readFatFile(file, step.environment.path);
      if (found === undefined || Buffer.compare(found, block(step)) !== 0) {
        throw readBackError(`${step.environment.path} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};

/** The bytes of a volume of `size` bytes, up to the end of its last file. */
async function volumeOf(step: FormatEsp, size: number, time: number): Promise<Uint8Array> {
  const { sectorSize, label, serial, folders, environment } = step;
  const empty = newFatVolume({ size, sectorSize, label, serial: Number.parseInt(serial, 16), time });
  const entries = [...folders.map((path) => ({ path })), { path: environment.path, bytes: block(step) }];
  const { contents, records } = await addedToFat(fromBytes(empty), entries, time);
  const pieces = [...contents, ...records];
  const bytes = new Uint8Array(Math.max(...pieces.map(rangeOf).map(endOf)));
  bytes.set(empty);
  for (const piece of pieces) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

async function writeFirstSectorLast(
  device: OpenFile,
  content: Uint8Array,
  sectorSize: number,
): Promise<void> {
  await device.write(sectorSize, content.subarray(sectorSize));
  await device.sync();
  await device.write(0, content.subarray(0, sectorSize));
  await device.sync();
}

const block = (step: FormatEsp) => environmentBlock(step.environment, 'installing');
