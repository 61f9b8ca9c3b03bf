/**
 * Where on partitions that were there the boot loader goes, and what cannot be done. Pure over what was seen. Only for
 * the firmware that started this machine, unless asked otherwise: the other one may start somebody else's system.
 */
import { type CoreArea, freeHalf } from '../boot/boot-sector.ts';
import { espFolder, espHopPath } from '../boot/existing-menu.ts';
import type { DiskFacts, MachineFacts, PartitionFacts } from '../disk/facts.ts';
import { biosGrubName, espLabel, stateLabel } from '../disk/layout.ts';
import { partitionTypes } from '../formats/gpt-types.ts';
import { formatBytes } from '../formats/size.ts';
import type { ChosenPartition } from './existing-choose.ts';
import type { InstallRequest } from './request.ts';

/** What was seen of an EFI system partition and of boot code; nothing of a machine that is elsewhere. */
export interface BootSights {
  readonly esp?: EspSight;
  /** Of the disk, as of bootedCoreLba; undefined: nothing of GRUB's. */
  readonly bootedCore?: number;
  /** The first sector of the disk has boot code of any kind that is not ours to replace without a word. */
  readonly otherBootCode?: boolean;
}

/** Whose a file is: nobody's, ours, somebody else's. */
export type Owner = 'free' | 'ours' | 'other';
export interface EspSight {
  readonly fat32: boolean;
  /** Of EFI/BOOT/BOOTX64.EFI, which firmware starts without an entry of its own (UEFI 2.10 section 3.5.1.1). */
  readonly fallback: Owner;
  /** Of the configuration that leads to the state file system. */
  readonly hop: Owner;
  /** Bytes free. */
  readonly room: number;
}

export interface EfiPlace {
  readonly disk: DiskFacts;
  readonly partition: PartitionFacts;
  /** Also as what firmware starts without an entry. */
  readonly fallback: boolean;
}

export interface BootPlaces {
  /** ours: the three partitions of a whole-disk installation, with the boot environment on their ESP. */
  readonly style: 'ours' | 'guest';
  readonly efi?: EfiPlace;
  readonly bios?: CoreArea;
  /** The first sector of the disk starts something else now, and is kept for the boot menu. */
  readonly keepSector?: boolean;
  /** What is left to the person: sentences without a full stop. */
  readonly left: readonly string[];
}

/** What is installed to, and how it will start. */
export interface ExistingTarget extends ChosenPartition {
  readonly places: BootPlaces;
  /** Files of an older installation are on it; undefined: not known. */
  readonly older?: boolean;
}

/** Shim, GRUB and MokManager, twice, and a configuration. */
const espRoom = 14 * 2 ** 20;

/** The EFI system partition to use: on the disk itself, else the only one of the other disks. */
export function findEsp(
  { disks }: Pick<MachineFacts, 'disks'>,
  { disk }: ChosenPartition,
): { readonly disk: DiskFacts; readonly partition: PartitionFacts } | undefined {
  const espsOf = (one: DiskFacts) =>
    one.partitions
      .filter(
        ({ type, signature }) =>
          (type === partitionTypes.efiSystem || type === '0xef') && signature?.type === 'vfat',
      )
      .map((partition) => ({ disk: one, partition }));
  const [own] = espsOf(disk);
  if (own !== undefined) return own;
  const others = disks.filter((one) => one !== disk && !one.bootMedium && !one.removable && !one.readOnly);
  const [only, ...more] = others.flatMap(espsOf);
  return more.length === 0 ? only : undefined;
}

/** The three partitions of a whole-disk installation, with `partition` as its state; there may be more behind. */
export function isOurLayout({ disk, partition }: ChosenPartition): boolean {
  const [bios, esp, state] = [1, 2, 3].map((wanted) =>
    disk.partitions.find(({ number }) => number === wanted),
  );
  return (
    disk.tableType === 'gpt' &&
    bios?.type === partitionTypes.biosGrub &&
    bios.name === biosGrubName &&
    esp?.type === partitionTypes.efiSystem &&
    esp.signature?.label === espLabel &&
    state === partition &&
    state.name === stateLabel
  );
}

export function bootPlaces(
  facts: Pick<MachineFacts, 'disks' | 'firmware'>,
  chosen: ChosenPartition,
  sights: BootSights,
  { forceEfi }: Pick<InstallRequest, 'forceEfi'>,
): BootPlaces {
  const left: string[] = [];
  if (isOurLayout(chosen)) {
    const [bios, esp] = [1, 2].map((wanted) =>
      chosen.disk.partitions.find(({ number }) => number === wanted),
    );
    const area = chosen.disk.logicalSectorSize === 512 && bios !== undefined ? areaOf(bios) : undefined;
    return {
      style: 'ours',
      ...(esp === undefined ? {} : { efi: { disk: chosen.disk, partition: esp, fallback: true } }),
      ...(area === undefined ? {} : { bios: freeHalf(area, sights.bootedCore) }),
      left,
    };
  }
  const efi = facts.firmware === 'efi' || forceEfi ? efiPlace(facts, chosen, sights.esp, left) : undefined;
  const bios = facts.firmware === 'bios' && !forceEfi ? biosPlace(chosen, sights, left) : undefined;
  return {
    style: 'guest',
    ...(efi === undefined ? {} : { efi }),
    ...(bios === undefined ? {} : { bios }),
    ...(bios !== undefined && sights.otherBootCode === true ? { keepSector: true } : {}),
    left,
  };
}

function efiPlace(
  facts: Pick<MachineFacts, 'disks' | 'firmware'>,
  chosen: ChosenPartition,
  sight: EspSight | undefined,
  left: string[],
): EfiPlace | undefined {
  const found = findEsp(facts, chosen);
  const cannot = (why: string) => {
    left.push(`a boot loader for UEFI, since ${why}`);
    return undefined;
  };
  if (found === undefined) return cannot('no EFI system partition was found, or several on other disks');
  const { path, mounts } = found.partition;
  if (mounts.length > 0) return cannot(`the EFI system partition ${path} is mounted`);
  if (sight?.fat32 === false) return cannot(`the EFI system partition ${path} is not FAT32`);
  if (sight?.hop === 'other') return cannot(`${path} has a ${espHopPath} of another system or installation`);
  if (sight !== undefined && sight.room < espRoom && sight.hop === 'free')
    return cannot(`${path} has ${formatBytes(sight.room)} free, ${formatBytes(espRoom)} are needed`);
  const fallback = sight !== undefined && sight.fallback !== 'other';
  if (!fallback)
    left.push(
      `EFI/BOOT/BOOTX64.EFI on ${path}, which is another system's: firmware starts Bhojpur OS by its boot entry (${espFolder}/shimx64.efi)`,
    );
  return { ...found, fallback };
}

function biosPlace(chosen: ChosenPartition, sights: BootSights, left: string[]): CoreArea | undefined {
  const { disk } = chosen;
  const area = biosArea(disk);
  if (typeof area === 'string') {
    left.push(`a boot loader for BIOS, since ${area}`);
    return undefined;
  }
  return freeHalf(area, sights.bootedCore);
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

const areaOf = ({ start, size }: PartitionFacts): CoreArea => ({
  first: start / 512,
  last: (start + size) / 512 - 1,
});
