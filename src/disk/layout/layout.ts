/**
 * The partitions of a whole-disk installation: one GPT that a BIOS and UEFI both boot (docs: GRUB manual, "BIOS
 * installation"; UEFI 2.10 section 13.3). Pure arithmetic over the size of a disk.
 */
import { type OpsError, refused } from '../../errors.ts';
import { type GptTable, usableLbas } from '../../formats/partition-tables/gpt.ts';
import { partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import { formatBytes } from '../../formats/size.ts';
import type { MachineFacts } from '../facts.ts';

export type PartitionRole = 'biosGrub' | 'esp' | 'state';

export interface LayoutPartition {
  readonly role: PartitionRole;
  readonly number: number;
  /** The name in the GPT: `BOS_STATE`. */
  readonly name: string;
  /** Type GUID, lower case. */
  readonly type: string;
  /** Bytes from the start of the disk, and size in bytes: multiples of 1 MiB. */
  readonly start: number;
  readonly size: number;
}

export interface DiskLayout {
  /** Bytes. */
  readonly diskSize: number;
  readonly sectorSize: number;
  readonly partitions: readonly [LayoutPartition, LayoutPartition, LayoutPartition];
}

/** Labels of the file systems, names of the partitions. */
export const biosGrubName = 'bios_grub';
export const espLabel = 'BOS_GRUB';
export const stateLabel = 'BOS_STATE';

/** On BOS_STATE: a file that asks for it to be grown, with whatever content. */
export const growMarkerPath = 'bos/system/growpart';
/** A file that asks for ids of the disk's own. */
export const identityMarkerPath = 'bos/system/new-identity';

/** Two deployments with DCP and 1 GB for data. */
export const minimumDiskSize = 2_500_000_000;

const mebibyte = 2 ** 20;
/** Every partition starts on it: a multiple of the erase blocks and sectors of all disks that are known. */
export const alignment = mebibyte;
const biosGrubSize = mebibyte;
/** FAT32 on sectors of 4096 bytes takes 257 MiB; this leaves room for boot files to come. */
const espSize = 300 * mebibyte;

/**
 * The partitions for a disk of `diskSize` bytes with logical sectors of 512 or 4096 bytes. Throws OpsError
 * (refused) `disk-too-small`, or `disk-sector-size` for other sectors.
 */
export function wholeDiskLayout(diskSize: number, sectorSize: number): DiskLayout {
  checkSectorSize(sectorSize);
  if (diskSize < minimumDiskSize) throw tooSmall('The disk', diskSize);
  const usable = usableLbas(Math.floor(diskSize / sectorSize), sectorSize);
  const end = Math.floor(((usable.last + 1) * sectorSize) / alignment) * alignment;
  const espStart = alignment + biosGrubSize;
  const stateStart = espStart + espSize;
  return {
    diskSize,
    sectorSize,
    partitions: [
      {
        role: 'biosGrub',
        number: 1,
        name: biosGrubName,
        type: partitionTypes.biosGrub,
        start: alignment,
        size: biosGrubSize,
      },
      {
        role: 'esp',
        number: 2,
        name: espLabel,
        type: partitionTypes.efiSystem,
        start: espStart,
        size: espSize,
      },
      {
        role: 'state',
        number: 3,
        name: stateLabel,
        type: partitionTypes.linuxData,
        start: stateStart,
        size: end - stateStart,
      },
    ],
  };
}

/** Throws OpsError `disk-sector-size` (refused) for sectors that are not of 512 or 4096 bytes. */
export function checkSectorSize(sectorSize: number): void {
  if (sectorSize === 512 || sectorSize === 4096) return;
  throw refused('disk-sector-size', `Disks with sectors of ${sectorSize} bytes are not supported`, {
    hint: 'Use a disk with sectors of 512 or 4096 bytes.',
  });
}

/** The refusal of a disk below the minimum, with both numbers; `what` names it. */
export function tooSmall(what: string, size: number): OpsError {
  return refused(
    'disk-too-small',
    `${what} has ${formatBytes(size)}, but an installation needs ${formatBytes(minimumDiskSize)}`,
    { hint: 'Use a larger disk.' },
  );
}

/** The table to write for a layout, with the random ids of the facts. */
export function layoutTable(
  layout: DiskLayout,
  ids: Pick<MachineFacts['ids'], 'disk' | PartitionRole>,
): GptTable {
  const { sectorSize } = layout;
  return {
    diskGuid: ids.disk,
    sectorSize,
    diskSectors: Math.floor(layout.diskSize / sectorSize),
    partitions: layout.partitions.map((partition) => ({
      number: partition.number,
      type: partition.type,
      guid: ids[partition.role],
      firstLba: partition.start / sectorSize,
      lastLba: (partition.start + partition.size) / sectorSize - 1,
      attributes: 0n,
      name: partition.name,
    })),
  };
}

/**
 * The path of a partition: `/dev/vda2`, `/dev/nvme0n1p2` (a `p` after a digit, as the kernel does), and
 * `-part2` for the links that udev makes.
 */
export function partitionPath(disk: string, number: number): string {
  if (disk.startsWith('/dev/disk/')) return `${disk}-part${number}`;
  return /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`;
}
