/** What a plan says that it will write to its disk, as ranges of bytes, to be compared with what was written. */
import type { ByteRange } from '../../../src/formats/byte-range.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { Step } from '../../../src/steps/index.ts';

/** The kernel writes whole blocks of the page cache; what lies around a change is written as it was. */
const block = 4096;

/**
 * Each range of the disk that a plan says it writes, by the step that says so; in whole blocks. Steps that name a
 * partition have all of it.
 */
export function declaredWrites(plan: Plan<Step>): (ByteRange & { readonly step: string })[] {
  const table = plan.steps.find((step) => step.kind === 'write-partition-table');
  if (table === undefined) throw new Error('the plan writes no partition table');
  const size = table.diskSectors * table.sectorSize;
  const partition = (name: string): ByteRange[] => {
    const found = table.partitions.find(({ bind }) => bind === name);
    if (found === undefined) throw new Error(`the plan names ${name} and makes no such partition`);
    const { firstLba, lastLba } = found;
    return [{ offset: firstLba * table.sectorSize, length: (lastLba - firstLba + 1) * table.sectorSize }];
  };
  const writes = (step: Step): readonly ByteRange[] => {
    if (step.kind === 'wipe-signatures') return step.ranges;
    if (step.kind === 'write-boot-sector') return [{ offset: 0, length: 512 }];
    if (step.kind === 'write-partition-table') {
      // UEFI 2.10 section 5.3: protective MBR, header and 16384 bytes of entries; entries and header at the end.
      const copy = 16384 + step.sectorSize;
      return [
        { offset: 0, length: copy + step.sectorSize },
        { offset: size - copy, length: copy },
      ];
    }
    if (step.kind === 'write-core') return partition(step.target);
    // That one names a partition for the firmware, and writes to none.
    if (step.kind === 'register-boot-entry') return [];
    return 'partition' in step ? partition(step.partition) : [];
  };
  return plan.steps.flatMap((step) =>
    writes(step).map((range) => ({ step: step.id, ...inBlocks(range, size) })),
  );
}

function inBlocks({ offset, length }: ByteRange, diskSize: number): ByteRange {
  const start = Math.floor(offset / block) * block;
  const end = Math.ceil((offset + length) / block) * block;
  return { offset: start, length: Math.min(end, diskSize) - start };
}

/** The parts of `ranges` that no other covers. */
export function uncovered(ranges: readonly ByteRange[], by: readonly ByteRange[]): ByteRange[] {
  let left = [...ranges];
  for (const cover of by) {
    left = left.flatMap((range) => {
      const before = Math.min(range.offset + range.length, cover.offset) - range.offset;
      const after = range.offset + range.length - Math.max(range.offset, cover.offset + cover.length);
      if (before >= range.length || after >= range.length) return [range];
      return [
        ...(before > 0 ? [{ offset: range.offset, length: before }] : []),
        ...(after > 0 ? [{ offset: range.offset + range.length - after, length: after }] : []),
      ];
    });
  }
  return left;
}
