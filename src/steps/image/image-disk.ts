/** A raw image that the steps have written, as a virtual disk: what of it is in use is known, so no hole is read. */
import { z } from 'zod';
import { joined } from '../../formats/byte-range.ts';
import { within } from '../../formats/bytes.ts';
import { pieceSize, type VirtualDisk } from '../../formats/disk-images/virtual-disk.ts';
import { usedFatRuns } from '../../formats/filesystems/fat/runs.ts';
import type { OpenFile } from '../../host/ports.ts';
import { byteCount } from '../support/content/content-schema.ts';

const rangeSchema = z.strictObject({ offset: byteCount, length: byteCount });

/** What is in use in an image: ranges of it, and a FAT volume that says for itself what it uses. */
export const inUseSchema = z.strictObject({ ranges: z.array(rangeSchema), fat: rangeSchema });
export type InUse = z.infer<typeof inUseSchema>;

/** Reads that may be under way or in use at the same time: the one that is worked on, the next, and a spare one. */
const buffers = 3;

/** `onRead` is told the bytes of each read. */
export async function diskIn(
  raw: OpenFile,
  { ranges, fat }: InUse,
  onRead: (bytes: number) => void = () => {},
): Promise<VirtualDisk> {
  const esp = await usedFatRuns(within(raw, fat.offset, fat.length));
  const runs = joined([...ranges, ...esp.map((run) => ({ ...run, offset: fat.offset + run.offset }))]);
  const memory = Array.from({ length: buffers }, () => new Uint8Array(pieceSize));
  let turn = 0;
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    turn = (turn + 1) % buffers;
    const into = memory[turn]?.subarray(0, Math.min(length, raw.size - offset));
    if (into === undefined || length > pieceSize) throw new RangeError(`a read of ${length} bytes`);
    const bytes = into.subarray(0, await raw.readInto(offset, into));
    onRead(bytes.length);
    return bytes;
  };
  return { size: raw.size, runs, source: { size: raw.size, read } };
}
