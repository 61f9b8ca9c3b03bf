/** Where on a disk GRUB for BIOS goes that nothing uses: before the first partition, or a bios_grub partition. Pure. */
import { type CoreArea, unusedHalf } from '../../boot/boot-sector.ts';
import type { DiskFacts, PartitionFacts } from '../../disk/facts.ts';
import { partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import { formatBytes } from '../../formats/size.ts';
import type { ChosenPartition } from './choose.ts';

export interface BiosPlace {
  readonly disk: DiskFacts;
  readonly area: CoreArea;
  /** The first sector of the disk starts something else now, and is kept for the boot menu. */
  readonly keepSector?: boolean;
}

/** Where on the disk of the choice; undefined when there is no such place, which is then said in `manualSteps`. */
export function biosPlace(
  { disk }: Pick<ChosenPartition, 'disk'>,
  bootFacts: { readonly bootedCore?: number; readonly otherBootCode?: boolean },
  manualSteps: string[],
): BiosPlace | undefined {
  const area = biosArea(disk);
  if (typeof area === 'string') {
    manualSteps.push(`a boot loader for BIOS, since ${area}`);
    return undefined;
  }
  return {
    disk,
    area: unusedHalf(area, bootFacts.bootedCore),
    ...(bootFacts.otherBootCode === true ? { keepSector: true } : {}),
  };
}

/** A half of it must take the core image. */
const smallestArea = 2 * 256 * 1024;

/** The sectors for a core image on a disk, or why there are none. */
function biosArea(disk: DiskFacts): CoreArea | string {
  if (disk.logicalSectorSize !== 512)
    return `a BIOS does not start disks with sectors of ${disk.logicalSectorSize} bytes`;
  if (disk.tableType === 'gpt') {
    const bios = disk.partitions.find(({ type }) => type === partitionTypes.biosGrub);
    if (bios === undefined) return `${disk.path} has a GPT without a bios_grub partition`;
    if (bios.size < smallestArea) return `${bios.path} has only ${formatBytes(bios.size)}`;
    return areaOf(bios);
  }
  if (disk.tableType !== 'dos') return `${disk.path} has no partition table`;
  const first = Math.min(...disk.partitions.map(({ start }) => start));
  if (first - 512 < smallestArea)
    return `the first partition of ${disk.path} starts at ${formatBytes(first)}, which leaves no room before it`;
  // The first MiB is enough, and what lies behind it may be somebody's all the same.
  return { first: 1, last: Math.min(first, 2 ** 20) / 512 - 1 };
}

/** All sectors of a partition. */
export const areaOf = ({ start, size }: PartitionFacts): CoreArea => ({
  first: start / 512,
  last: (start + size) / 512 - 1,
});
