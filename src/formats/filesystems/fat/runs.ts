/** What of a FAT volume is in use, by its allocation table: the rest holds nothing that anybody reads. */
import { type ByteRange, joined } from '../../byte-range.ts';
import type { ByteSource } from '../../bytes.ts';
import { openVolume } from './file.ts';

/**
 * In order: boot sector, tables, root folder, and the clusters that belong to something. Throws `fat-invalid` (refused) as
 * reading a file does.
 */
export async function usedFatRuns(source: ByteSource): Promise<ByteRange[]> {
  const volume = await openVolume(source);
  const { dataStart, clusterSize } = volume;
  const runs: { offset: number; length: number }[] = [{ offset: 0, length: dataStart }];
  for (let cluster = 2; cluster < volume.clusters + 2; cluster += 1) {
    // "FAT Data Structure": 0 is a free cluster.
    if ((await volume.next(cluster)) === 0) continue;
    const offset = dataStart + (cluster - 2) * clusterSize;
    const last = runs.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += clusterSize;
    else runs.push({ offset, length: clusterSize });
  }
  return joined(runs);
}
