/** The one partition of a disk that is for /var alone. Pure arithmetic. */
import { type GptTable, usableLbas } from '../../formats/partition-tables/gpt.ts';
import { partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import type { MachineFacts } from '../facts.ts';
import { alignment, checkSectorSize } from './layout.ts';

/** Label of the file system, name of the partition. The boot finds it by UUID: another disk may have the same label. */
export const varLabel = 'BOS_VAR';

export interface VarLayout {
  /** Bytes from the start of the disk, and size in bytes: multiples of 1 MiB. */
  readonly start: number;
  readonly size: number;
  readonly table: GptTable;
}

/** A GPT with one partition over a disk of `diskSize` bytes, aligned to 1 MiB. Throws OpsError `disk-sector-size`. */
export function varLayout(
  diskSize: number,
  sectorSize: number,
  ids: Pick<MachineFacts['ids'], 'varDisk' | 'varPartition'>,
): VarLayout {
  checkSectorSize(sectorSize);
  const diskSectors = Math.floor(diskSize / sectorSize);
  const usable = usableLbas(diskSectors, sectorSize);
  const end = Math.floor(((usable.last + 1) * sectorSize) / alignment) * alignment;
  const start = alignment;
  const partition = {
    number: 1,
    type: partitionTypes.linuxData,
    guid: ids.varPartition,
    firstLba: start / sectorSize,
    lastLba: end / sectorSize - 1,
    attributes: 0n,
    name: varLabel,
  };
  return {
    start,
    size: end - start,
    table: { diskGuid: ids.varDisk, sectorSize, diskSectors, partitions: [partition] },
  };
}
