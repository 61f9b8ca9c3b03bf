/**
 * A table of ours that was never finished: the installer writes the protective MBR last, and until then neither
 * firmware nor kernel sees a partition. wipefs reports such a table nevertheless.
 */
import type { GptPartition } from '../../formats/partition-tables/gpt.ts';
import { decodeMbr, mbrSize } from '../../formats/partition-tables/mbr.ts';
import type { Host } from '../../host/ports.ts';
import { biosGrubName, espLabel, stateLabel } from '../layout/layout.ts';
import type { BlockDevice } from './lsblk.ts';

/** What erasing makes zero at the start of each partition, before there is a table. */
const erased = 2 ** 20;

/**
 * True for a disk that only looks partitioned: without a protective MBR, with the names of our partitions in its GPT,
 * and nothing where they begin.
 */
export async function isInterruptedTable(
  host: Host,
  disk: Pick<BlockDevice, 'path' | 'logicalSectorSize'>,
  entries: readonly GptPartition[],
): Promise<boolean> {
  const names = entries.map(({ name }) => name);
  if (names.join() !== [biosGrubName, espLabel, stateLabel].join()) return false;
  const file = await host.files.open(disk.path, 'r');
  try {
    if (decodeMbr(await file.read(0, mbrSize)) !== undefined) return false;
    for (const { firstLba } of entries) {
      const start = await file.read(firstLba * disk.logicalSectorSize, erased);
      if (start.some((byte) => byte !== 0)) return false;
    }
    return true;
  } finally {
    await file.close();
  }
}
