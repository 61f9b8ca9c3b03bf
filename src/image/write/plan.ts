/** An image and a disk become the steps that write the one to the other: pure. */
import type { DiskFacts } from '../../disk/facts.ts';
import { formatBytes } from '../../formats/size.ts';
import { takeDisk } from '../../install/whole-disk/take-disk.ts';
import { wipeRanges } from '../../install/whole-disk/wipe.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Step } from '../../steps/index.ts';
import type { LookedAt } from './look.ts';

/** The folder for what one step leaves for the next. */
export const workName = 'folder:work';

export function planWrite(image: LookedAt, disk: DiskFacts): Plan<Step> {
  const { path, size: diskSize, logicalSectorSize: sectorSize } = disk;
  const partitions = image.head.partitions.map(({ offset, length }) => ({ start: offset, size: length }));
  const known = [formatBytes(diskSize), disk.model, disk.serial && `serial ${disk.serial}`].filter(Boolean);
  return {
    v: 1,
    operation: 'image-write',
    target: `${path} (${known.join(', ')})`,
    steps: [
      ...takeDisk(disk),
      {
        ...{ id: 'wipe-signatures', kind: 'wipe-signatures', disk: path, content: disk.contentSummary },
        // What a block map leaves out is not written: nothing may be found there either.
        ...{ sectorSize, ranges: wipeRanges(disk, { partitions }) },
      },
      {
        ...{ id: 'write-image', kind: 'write-image', disk: path, diskSize, image: image.ref },
        ...{ packing: image.packing, size: image.size, least: image.least, sha256: image.sha256 },
        bmap: image.bmap === undefined ? null : { from: 'text', text: image.bmap.text },
        work: workName,
      },
      { id: 'read-back', kind: 'read-back-image', disk: path, work: workName },
      { id: 'write-ends', kind: 'write-image-ends', disk: path, diskSize, sectorSize, work: workName },
    ],
  };
}
