/** What of an image is in use, by its layout: everything else is a hole, and nobody has to look for it. */
import { alignment, type DiskLayout, type PartitionRole } from '../../disk/layout/layout.ts';
import { usedBy, type WriteState } from '../../steps/filesystem/write-state.ts';
import type { InUse } from '../../steps/support/image-disk.ts';

/**
 * Both copies of the partition table, the whole partition of the BIOS boot loader, and of BOS_STATE what its file system
 * uses; the ESP, whose tools are not ours, says for itself. Throws `image-too-small` (refused).
 */
export function inUseOf(layout: DiskLayout, state: WriteState): InUse {
  const range = (role: PartitionRole) => {
    const found = layout.partitions.find((partition) => partition.role === role);
    if (found === undefined) throw new Error(`the layout has no ${role}`);
    return { offset: found.start, length: found.size };
  };
  const { offset, length } = range('state');
  const end = offset + length;
  return {
    ranges: [
      { offset: 0, length: alignment },
      range('biosGrub'),
      ...usedBy(state, length).map((used) => ({ offset: offset + used.offset, length: used.length })),
      // The second table lies behind the last partition.
      { offset: end, length: layout.diskSize - end },
    ],
    fat: range('esp'),
  };
}
