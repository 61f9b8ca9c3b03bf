/** What a firmware would start of a disk in a file: the code in its first sector, and programs for UEFI. */
import { returnToFirmwareCode } from '../../boot/boot-sector.ts';
import type { DiskPartition } from '../../disk/image-partitions.ts';
import { OpsError } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { decodePe, type EfiProgram } from '../../formats/executables/pe.ts';
import { listFatFolder, openFatFile } from '../../formats/filesystems/fat/file.ts';
import { bootCodeSize, decodeMbr, mbrSize } from '../../formats/partition-tables/mbr.ts';

export interface EfiLoader extends EfiProgram {
  /** The partition that it is on. */
  readonly partition: number;
  /** `EFI/BOOT/BOOTX64.EFI` */
  readonly path: string;
}

/** Texts that boot code carries. */
const known = [
  ['GRUB', 'GRUB'],
  ['isolinux', 'ISOLINUX'],
  ['SYSLINUX', 'Syslinux'],
  ['EXTLINUX', 'Syslinux'],
  ['LILO', 'LILO'],
  ['BOOTMGR', 'Windows'],
] as const;

/** What a BIOS starts; null for nothing. */
export async function biosCode(disk: ByteSource): Promise<string | null> {
  const sector = Buffer.from(await disk.read(0, mbrSize));
  if (decodeMbr(sector)?.hasBootCode !== true) return null;
  if (sector.subarray(0, returnToFirmwareCode.length).equals(returnToFirmwareCode)) return null;
  const code = sector.toString('latin1', 0, bootCodeSize);
  return known.find(([text]) => code.includes(text))?.[1] ?? 'unknown code';
}

/** As many folders below EFI as are looked into, each of a boot loader. */
const maximumFolders = 50;

/** Programs in the folders below EFI of each EFI system partition; one that is not FAT has none. */
export async function efiLoaders(
  disk: ByteSource,
  partitions: readonly DiskPartition[],
): Promise<EfiLoader[]> {
  const found: EfiLoader[] = [];
  for (const { number, offset, size } of partitions.filter(({ esp }) => esp)) {
    const volume = within(disk, offset, size);
    try {
      const folders = (await listFatFolder(volume, 'EFI')).filter(({ directory }) => directory);
      for (const folder of folders.slice(0, maximumFolders))
        found.push(...(await loadersIn(volume, number, `EFI/${folder.name}`)));
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
    }
  }
  return found;
}

async function loadersIn(volume: ByteSource, partition: number, folder: string): Promise<EfiLoader[]> {
  const found: EfiLoader[] = [];
  for (const { name, directory } of await listFatFolder(volume, folder)) {
    if (directory || !/\.efi$/i.test(name)) continue;
    const file = await openFatFile(volume, `${folder}/${name}`);
    const program = file && (await decodePe(file));
    if (program !== undefined) found.push({ partition, path: `${folder}/${name}`, ...program });
  }
  return found;
}
