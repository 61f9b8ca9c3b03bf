/**
 * Where on partitions that were there the boot loader goes, and what cannot be done. Pure over what was seen. Only for
 * the firmware that started this machine, unless asked otherwise: the other one may start somebody else's system.
 */
import { architectures } from '../../architectures.ts';
import { unusedHalf } from '../../boot/boot-sector.ts';
import { efiLoaders, fallbackFolder } from '../../boot/efi-loaders.ts';
import { espFolder, espRedirectPath, espVolumeRedirectPath } from '../../boot/menus/partition-menu.ts';
import type { DiskFacts, MachineFacts, PartitionFacts } from '../../disk/facts.ts';
import { biosGrubName, espLabel, stateLabel } from '../../disk/layout/layout.ts';
import { partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import { formatBytes } from '../../formats/size.ts';
import type { InstallRequest } from '../request.ts';
import { areaOf, type BiosPlace, biosPlace } from './bios-gap.ts';
import { type ChosenPartition, disksUnder } from './choose.ts';
import type { VolumeTool } from './volume-tools.ts';

/** What was seen of a disk's EFI system partition and boot code; nothing of a machine that is elsewhere. */
export interface DiskBootFacts {
  readonly esp?: EspFacts;
  /** Of the disk, as of bootedCoreLba; undefined: nothing of GRUB's. */
  readonly bootedCore?: number;
  /** The first sector of the disk has boot code of any kind that is not ours to replace without a word. */
  readonly otherBootCode?: boolean;
}

/** Whose a file is: nobody's, ours, somebody else's. */
export type Owner = 'free' | 'ours' | 'other';
export interface EspFacts {
  readonly fat32: boolean;
  /** Of what is in EFI/BOOT, which firmware starts without an entry of its own (UEFI 2.10 section 3.5.1.1). */
  readonly fallback: Owner;
  /** Of the configuration that leads to the state file system. */
  readonly redirect: Owner;
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
  /** Several only where several disks have all of the file system. */
  readonly efi: readonly EfiPlace[];
  readonly bios: readonly BiosPlace[];
  /** What is left to the person: sentences without a full stop. */
  readonly manualSteps: readonly string[];
}

/** What is installed to, and how it will start. */
export interface PartitionTarget extends ChosenPartition {
  readonly places: BootPlaces;
  /** Files of an older installation are on it; undefined: not known. */
  readonly older?: boolean;
  /** What the initrd needs to activate LVM. */
  readonly tools?: readonly VolumeTool[];
}

/** Shim, GRUB and MokManager, twice, and a configuration. */
const espRoom = 14 * 2 ** 20;

/** Where on an EFI system partition the configuration lies that leads to what was chosen. */
export const redirectPathFor = ({ volume }: Pick<ChosenPartition, 'volume'>): string =>
  volume === undefined ? espRedirectPath : espVolumeRedirectPath;

/** The EFI system partition to use: on the disk itself, else the only one of the other disks. */
export function findEsp(
  { disks }: Pick<MachineFacts, 'disks'>,
  { disk }: ChosenPartition,
): { readonly disk: DiskFacts; readonly partition: PartitionFacts } | undefined {
  const espsOf = (owner: DiskFacts) =>
    owner.partitions
      .filter(
        ({ type, signature }) =>
          (type === partitionTypes.efiSystem || type === '0xef') && signature?.type === 'vfat',
      )
      .map((partition) => ({ disk: owner, partition }));
  const [own] = espsOf(disk);
  if (own !== undefined) return own;
  const others = disks.filter(
    (candidate) => candidate !== disk && !candidate.bootMedium && !candidate.removable && !candidate.readOnly,
  );
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

/** The choice as each of its disks sees it: all where each has the whole file system, else one after the other. */
export const asOnEachDisk = (chosen: ChosenPartition): ChosenPartition[] =>
  disksUnder(chosen).map((disk) => ({ ...chosen, disk }));

/** `bootFacts` by path of the disk. */
export function bootPlaces(
  facts: Pick<MachineFacts, 'arch' | 'disks' | 'firmware'>,
  chosen: ChosenPartition,
  bootFacts: ReadonlyMap<string, DiskBootFacts>,
  request: Pick<InstallRequest, 'forceEfi'>,
): BootPlaces {
  const places = asOnEachDisk(chosen).map((onDisk) =>
    placesOnDisk(facts, onDisk, bootFacts.get(onDisk.disk.path) ?? {}, request),
  );
  const { volume } = chosen;
  if (volume === undefined) return merged(places);
  const all = merged(volume.mirrored ? places : [places.find(isPlaced) ?? (places[0] as BootPlaces)]);
  return { ...all, manualSteps: [...all.manualSteps, noReturn] };
}

const isPlaced = ({ efi, bios }: BootPlaces) => efi.length + bios.length > 0;

const noReturn =
  'going back to the previous version, should a later one not start: the boot loader cannot write to LVM or RAID, so it never goes back by itself';

/** One EFI system partition may serve several disks. */
function merged(places: readonly BootPlaces[]): BootPlaces {
  const efi = new Map(places.flatMap((place) => place.efi).map((place) => [place.partition.path, place]));
  return {
    style: places[0]?.style ?? 'guest',
    efi: [...efi.values()],
    bios: places.flatMap((place) => place.bios),
    manualSteps: [...new Set(places.flatMap((place) => place.manualSteps))],
  };
}

function placesOnDisk(
  facts: Pick<MachineFacts, 'arch' | 'disks' | 'firmware'>,
  chosen: ChosenPartition,
  bootFacts: DiskBootFacts,
  { forceEfi }: Pick<InstallRequest, 'forceEfi'>,
): BootPlaces {
  const manualSteps: string[] = [];
  if (isOurLayout(chosen)) {
    const [bios, esp] = [1, 2].map((wanted) =>
      chosen.disk.partitions.find(({ number }) => number === wanted),
    );
    const startsByBios = architectures[facts.arch].bios && chosen.disk.logicalSectorSize === 512;
    const area = startsByBios && bios !== undefined ? areaOf(bios) : undefined;
    return {
      style: 'ours',
      efi: esp === undefined ? [] : [{ disk: chosen.disk, partition: esp, fallback: true }],
      bios: area === undefined ? [] : [{ disk: chosen.disk, area: unusedHalf(area, bootFacts.bootedCore) }],
      manualSteps,
    };
  }
  const efi =
    facts.firmware === 'efi' || forceEfi ? efiPlace(facts, chosen, bootFacts.esp, manualSteps) : undefined;
  const byBios = architectures[facts.arch].bios && facts.firmware === 'bios' && !forceEfi;
  const bios = byBios ? biosPlace(chosen, bootFacts, manualSteps) : undefined;
  return {
    style: 'guest',
    efi: efi === undefined ? [] : [efi],
    bios: bios === undefined ? [] : [bios],
    manualSteps,
  };
}

function efiPlace(
  facts: Pick<MachineFacts, 'arch' | 'disks' | 'firmware'>,
  chosen: ChosenPartition,
  espFacts: EspFacts | undefined,
  manualSteps: string[],
): EfiPlace | undefined {
  const found = findEsp(facts, chosen);
  const cannot = (why: string) => {
    manualSteps.push(`a boot loader for UEFI, since ${why}`);
    return undefined;
  };
  if (found === undefined) return cannot('no EFI system partition was found, or several on other disks');
  const { path, mounts } = found.partition;
  if (mounts.length > 0) return cannot(`the EFI system partition ${path} is mounted`);
  if (espFacts?.fat32 === false) return cannot(`the EFI system partition ${path} is not FAT32`);
  if (espFacts?.redirect === 'other')
    return cannot(`${path} has the ${redirectPathFor(chosen)} of another system or installation`);
  if (espFacts !== undefined && espFacts.room < espRoom && espFacts.redirect === 'free')
    return cannot(`${path} has ${formatBytes(espFacts.room)} free, but ${formatBytes(espRoom)} are needed`);
  const loaders = efiLoaders(facts.arch);
  const fallback = espFacts !== undefined && espFacts.fallback !== 'other';
  if (!fallback)
    manualSteps.push(
      `${fallbackFolder}/${loaders.fallback} on ${path}, which is another system's: firmware starts Bhojpur OS by its boot entry (${espFolder}/${loaders.shim})`,
    );
  return { ...found, fallback };
}
