/**
 * Which bytes of a disk must become zero so that nothing finds what was there: file systems, LVM and md keep their
 * signatures in the first or the last mebibyte of what they lie on, ZFS in both.
 */
import type { DiskFacts } from '../disk/facts.ts';
import type { DiskLayout } from '../disk/layout.ts';

export interface Range {
  readonly offset: number;
  readonly length: number;
}

const mebibyte = 2 ** 20;

/**
 * Both ends of the disk, of every partition that it has and of every partition that it will have; merged, in order,
 * in bytes. The first range starts at 0.
 */
export function wipeRanges(disk: Pick<DiskFacts, 'size' | 'partitions'>, layout: DiskLayout): Range[] {
  const areas = [{ start: 0, size: disk.size }, ...disk.partitions, ...layout.partitions];
  const ends = areas.flatMap(({ start, size }) => [
    { from: start, to: start + Math.min(size, mebibyte) },
    { from: start + Math.max(0, size - mebibyte), to: start + size },
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
