/**
 * How a PC's BIOS comes to GRUB on a GPT disk: boot.img's code in LBA 0, core.img in the bios_grub partition, each
 * told where core.img lies. What grub-bios-setup does (GRUB's util/setup.c), as pure functions, so that a device
 * and an image file are written alike. A BIOS reads sectors of 512 bytes; it does not boot other disks.
 */
import { refused } from '../errors.ts';
import { bootCodeSize, mbrSize } from '../formats/partition-tables/mbr.ts';

/** GRUB_DISK_SECTOR_SIZE */
const sectorSize = 512;
/** include/grub/i386/pc/boot.h: GRUB_BOOT_MACHINE_KERNEL_SECTOR, 64 bits */
const kernelSectorOffset = 0x5c;
/** GRUB_BOOT_MACHINE_BOOT_DRIVE; 0xff: the drive that the BIOS booted */
const bootDriveOffset = 0x64;
/** GRUB_BOOT_MACHINE_DRIVE_CHECK, a jump of two bytes */
const driveCheckOffset = 0x66;
/**
 * include/grub/offsets.h, struct grub_pc_bios_boot_blocklist: u64 start, u16 length, u16 segment. The first entry
 * ends the first sector of core.img, the list grows downwards, a length of zero ends it.
 */
const blockListEntry = 12;
const blockListOffset = sectorSize - blockListEntry;
/** GRUB_BOOT_I386_PC_KERNEL_SEG (0x800) plus one sector in paragraphs: where the rest of core.img is loaded */
const loadSegment = 0x800 + (sectorSize >> 4);

/**
 * Boot code for a disk that is not bootable yet: INT 18h gives control back, and the BIOS goes on to its next device
 * (BIOS Boot Specification 1.01, section 6.7). A BIOS starts every sector that ends in 55 AA, as a protective MBR
 * does; among zeroes it would run on for ever.
 */
export const returnToFirmwareCode: Uint8Array = Uint8Array.of(0xcd, 0x18, 0xeb, 0xfe);

/**
 * The 512 bytes for LBA 0: boot.img's code, knowing that core.img starts at `coreLba`, and bytes 440 to 511 of
 * `existing` (disk signature, partition table, 55 AA). Throws OpsError `boot-image-invalid` (refused).
 */
export function makeBootSector(bootImage: Uint8Array, existing: Uint8Array, coreLba: number): Uint8Array {
  if (bootImage.length !== mbrSize || bootImage[510] !== 0x55 || bootImage[511] !== 0xaa)
    throw refused(
      'boot-image-invalid',
      `boot.img has ${bootImage.length} bytes or no signature: not from GRUB`,
    );
  if (existing.length < mbrSize || existing[510] !== 0x55 || existing[511] !== 0xaa)
    throw refused('boot-sector-missing', 'The disk has no partition table to keep in its first sector');
  checkLba(coreLba);
  const sector = Uint8Array.from(bootImage);
  const view = new DataView(sector.buffer);
  view.setBigUint64(kernelSectorOffset, BigInt(coreLba), true);
  sector[bootDriveOffset] = 0xff;
  // Two NOPs: some BIOSes pass a wrong drive number, on a hard disk the check that corrects it has to run.
  sector.fill(0x90, driveCheckOffset, driveCheckOffset + 2);
  sector.set(existing.subarray(bootCodeSize, mbrSize), bootCodeSize);
  return sector;
}

/**
 * core.img as it is written at `coreLba`: whole sectors, the block list saying that the rest follows the first
 * sector. Throws OpsError (refused) `core-image-invalid`, or `core-image-too-large` when it does not fit in
 * `room` bytes.
 */
export function placeCoreImage(coreImage: Uint8Array, coreLba: number, room: number): Uint8Array {
  checkLba(coreLba);
  const sectors = Math.ceil(coreImage.length / sectorSize);
  if (sectors < 2) throw refused('core-image-invalid', `core.img has only ${coreImage.length} bytes`);
  if (sectors * sectorSize > room || sectors - 1 > 0xffff)
    throw refused(
      'core-image-too-large',
      `core.img has ${coreImage.length} bytes, but there is room for only ${room}`,
    );
  const placed = new Uint8Array(sectors * sectorSize);
  placed.set(coreImage);
  const view = new DataView(placed.buffer);
  if (view.getUint16(blockListOffset + 8, true) === 0 || view.getUint16(blockListOffset - 4, true) !== 0)
    throw refused('core-image-invalid', 'core.img does not begin with the block list of an i386-pc image');
  view.setBigUint64(blockListOffset, BigInt(coreLba + 1), true);
  view.setUint16(blockListOffset + 8, sectors - 1, true);
  view.setUint16(blockListOffset + 10, loadSegment, true);
  return placed;
}

/**
 * Where the boot code in a first sector of GRUB's takes its core image from, in sectors of 512 bytes; undefined when
 * it is not GRUB's. It is known by what boot.S jumps over and ends with: a jump and the words of its messages.
 */
export function bootedCoreLba(sector: Uint8Array): number | undefined {
  if (sector.length < mbrSize || !Buffer.from(sector).includes('GRUB \0Geom\0')) return undefined;
  const lba = new DataView(sector.buffer, sector.byteOffset).getBigUint64(kernelSectorOffset, true);
  return lba > 0n && lba < 2n ** 48n ? Number(lba) : undefined;
}

/** Sectors for core images: as long as the free space before the first partition, or as a bios_grub partition. */
export interface CoreArea {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
}

/**
 * The half of `area` in which nothing is that starts the disk now: `booted` as of bootedCoreLba. The second half when
 * nothing is known to be in either: in a gap, some licence managers keep sectors near its start.
 */
export function unusedHalf({ first, last }: CoreArea, booted: number | undefined): CoreArea {
  const middle = first + Math.floor((last - first + 1) / 2);
  return booted !== undefined && booted >= middle && booted <= last
    ? { first, last: middle - 1 }
    : { first: middle, last };
}

/** What is wrong with the first sector of a disk that should boot core.img from `coreLba`; empty when right. */
export function bootSectorFaults(sector: Uint8Array, bootImage: Uint8Array, coreLba: number): string[] {
  if (sector.length < mbrSize || sector[510] !== 0x55 || sector[511] !== 0xaa)
    return ['the first sector has no signature 55 AA'];
  const wanted = makeBootSector(bootImage, sector, coreLba);
  const different = wanted.findIndex((byte, index) => byte !== sector[index]);
  return different < 0 ? [] : [`the boot code differs from boot.img at byte ${different}`];
}

/** What is wrong with the bytes at `coreLba`, which should be core.img as placed there; empty when right. */
export function coreImageFaults(read: Uint8Array, coreImage: Uint8Array, coreLba: number): string[] {
  const wanted = placeCoreImage(coreImage, coreLba, Number.POSITIVE_INFINITY);
  const different = wanted.findIndex((byte, index) => byte !== read[index]);
  return different < 0 ? [] : [`core.img on the disk differs at byte ${different}`];
}

function checkLba(lba: number): void {
  if (!Number.isSafeInteger(lba) || lba < 1)
    throw refused('core-lba-invalid', `core.img cannot start at ${lba}`);
}
