/** Whether an image can be what a disk holds: its size, its sectors; and what a person should know before. Pure. */

import type { DiskFacts } from '../../disk/facts.ts';
import { stateLabel } from '../../disk/layout/layout.ts';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import type { LookedAt } from './look.ts';

type Disk = Pick<DiskFacts, 'path' | 'size' | 'logicalSectorSize'>;

/** Throws `image-too-large`, `image-sector-size` (refused). */
export function requireFit(image: LookedAt, disk: Disk): void {
  // Where only the end tells the size, the table is the best that is known of it.
  const size = Math.max(image.size ?? image.head.reachesTo, image.least);
  if (size > disk.size)
    throw refused(
      'image-too-large',
      `${image.name} needs ${formatBytes(size)}, but ${disk.path} has ${formatBytes(disk.size)}`,
      {
        details: size - disk.size < 1e9 ? [`${size} bytes, ${disk.size} bytes`] : [],
        hint: 'Use a larger disk.',
      },
    );
  const { sectorSize, table, partitions } = image.head;
  if (sectorSize === undefined || sectorSize === disk.logicalSectorSize) return;
  // An MBR does not say what it counts in: one that is right on this disk may be meant so.
  if (table === 'mbr' && image.size !== null && endOn(disk, partitions, sectorSize) <= image.size) return;
  throw refused(
    'image-sector-size',
    `${image.name} is for disks with sectors of ${sectorSize} bytes, but those of ${disk.path} have ${disk.logicalSectorSize}`,
    {
      details: ['its partition table counts sectors: on this disk nothing would be where it says'],
      hint: `Use an image for such disks, or a disk with sectors of ${sectorSize} bytes.`,
    },
  );
}

const endOn = (disk: Disk, partitions: LookedAt['head']['partitions'], counted: number): number =>
  Math.max(...partitions.map(({ offset, length }) => ((offset + length) / counted) * disk.logicalSectorSize));

/** What may surprise afterwards, a sentence each. */
export function doubtsOf(image: LookedAt, disk: Disk): string[] {
  const { head, name } = image;
  if (head.table === 'none' && head.iso)
    return [`${name} is an ISO image without a partition table: few machines start it from a stick.`];
  if (head.table === 'none')
    return [`${name} has no partition table: it is one file system, or not an image of a disk.`];
  const shorter = head.table === 'gpt' && !head.iso && (image.size ?? head.reachesTo) < disk.size;
  if (!shorter) return [];
  const grows = head.partitions.some((partition) => partition.name === stateLabel);
  return [
    grows
      ? 'The image is smaller than the disk: its state partition grows to the end of the disk with the first boot.'
      : `The image is smaller than the disk: the copy of its partition table lies where the image ends. A system that grows with its first boot moves it; otherwise \`sudo sgdisk --move-second-header ${disk.path}\` does.`,
  ];
}
