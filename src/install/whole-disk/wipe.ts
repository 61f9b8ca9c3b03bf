/**
 * Which bytes of a disk must become zero so that nothing finds what was there: everything that libblkid, LVM, md and
 * ZFS know keeps its signatures near the ends of what it lies on.
 *
 * Not reached, and found by nothing that boots: copies inside a file system (superblocks of ext4, btrfs at 64 MiB), and
 * what lies in the middle because the disk or a partition once was smaller, such as its backup GPT.
 */
import type { DiskFacts } from '../../disk/facts.ts';
import type { LayoutPartition } from '../../disk/layout/layout.ts';
import { type ByteRange, intersection, joined } from '../../formats/byte-range.ts';

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
): ByteRange[] {
  const whole = { offset: 0, length: disk.size };
  const areas = [{ start: 0, size: disk.size }, ...disk.partitions, ...layout.partitions];
  const ends = areas.flatMap(({ start, size }) => [
    { offset: start, length: Math.min(size, head) },
    { offset: start + Math.max(0, size - tail), length: Math.min(size, tail) },
  ]);
  // A partition beyond the end of the disk can stand in a damaged table.
  return joined(ends.flatMap((end) => intersection(end, whole) ?? []));
}
