/**
 * Where GRUB on a BIOS looks for the rest of itself: the address in the hybrid boot record, which loads the boot image
 * when the ISO is a disk, and the one in the boot image. Both are written by the maker of the ISO (xorriso's
 * --grub2-mbr and --grub2-boot-info; GRUB, grub-core/boot/i386/pc/boot.S and cdboot.S).
 */
import type { ByteSource } from '../../formats/bytes.ts';
import { decodeMbr } from '../../formats/partition-tables/mbr.ts';

/** `GRUB ` of boot.S, and the 64-bit number of the sector (512 bytes) to load. */
const nameAt = 0x180;
const mbrAddressAt = 0x1b0;
/** The image is loaded from its fifth sector on: what is before is for CDs. */
const mbrSkipped = 4;
/** In the boot image, of its own sixth sector. */
const imageAddressAt = 2548;
const imageSkipped = 5;

/** Faults of the addresses for the boot image at `offset`; none for what is no GRUB. */
export async function grubAddressFaults(source: ByteSource, offset: number): Promise<string[]> {
  const mbr = Buffer.from(await source.read(0, 512));
  const isGrub = decodeMbr(mbr) !== undefined && mbr.toString('latin1', nameAt, nameAt + 5) === 'GRUB ';
  if (!isGrub) return [];
  const faults: string[] = [];
  const wanted = BigInt(offset / 512);
  const loaded = mbr.readBigUInt64LE(mbrAddressAt);
  if (loaded !== wanted + BigInt(mbrSkipped))
    faults.push(`the boot record loads sector ${loaded}, not the BIOS boot image`);
  const image = Buffer.from(await source.read(offset + imageAddressAt, 8));
  const own = image.length === 8 ? image.readBigUInt64LE(0) : 0n;
  if (own !== wanted + BigInt(imageSkipped))
    faults.push(`the BIOS boot image loads sector ${own}, not the rest of itself`);
  return faults;
}
