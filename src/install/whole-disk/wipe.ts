/**
 * Which bytes of a disk must become zero so that nothing finds what was there: everything that libblkid, LVM, md and
 * ZFS know keeps its signatures near the ends of what it lies on.
 *
 * Not reached, and found by nothing that boots: copies inside a file system (superblocks of ext4, btrfs at 64 MiB), and
 * what lies in the middle because the disk or a partition once was smaller, such as its backup GPT.
 */
import type { DiskFacts } from '../../disk/facts.ts';
import type { LayoutPartition } from '../../disk/layout/layout.ts';

export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** The second header of LUKS2 lies as far in as 4 MiB (LUKS2 On-Disk Format Specification 1.1, section 2.2). */
const head = 5 * 2 ** 20;
/** Promise RAID lies 3087 sectors before the end, the others and two labels of ZFS in the last 768 KiB. */
const tail = 2 * 2 ** 20;

/**
 * Both ends of the disk, of every partition that it has and of every partition that it will have; merged, in order,
 * in bytes. The first range starts at 0.
 */
export function wipeRanges(
  disk: Pick<DiskFacts, 'size' | 'partitions'>,
  layout: { readonly partitions: readonly Pick<LayoutPartition, 'start' | 'size'>[] },
): Range[] {
  const areas = [{ start: 0, size: disk.size }, ...disk.partitions, ...layout.partitions];
  const ends = areas.flatMap(({ start, size }) => [
    { from: start, to: start + Math.min(size, head) },
    { from: start + Math.max(0, size - tail), to: start + size },
  ]);
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of ends.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    // A partition beyond the end of the disk can stand in a damaged table.
    const end = Math.min(to, disk.size);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, end);
    else if (from < end) merged.push({ from, to: end });
  }
  return merged.map(({ from, to }) => ({ offset: from, length: to - from }));
}
