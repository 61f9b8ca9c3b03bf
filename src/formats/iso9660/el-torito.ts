/**
 * El Torito: what firmware boots from a CD. The boot record descriptor leads to a catalogue of boot images, each for
 * a platform ("El Torito" Bootable CD-ROM Format Specification 1.0; UEFI 2.10, 13.3.2.1).
 */
import { type ByteRange, endOf } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { invalid, readRange, sectorSize } from './bounded-read.ts';
import type { Descriptors } from './descriptors.ts';

/** Platform ids (2.1); 0xef is UEFI's. */
export const platforms = { pc: 0, powerpc: 1, mac: 2, efi: 0xef } as const;

export interface BootImage {
  readonly platform: number;
  /** The firmware may start it (boot indicator 0x88). */
  readonly bootable: boolean;
  /** 0 for no emulation, 1 to 3 for floppies, 4 for a hard disk (2.2). */
  readonly emulation: number;
  /** Where the image lies, in bytes. */
  readonly offset: number;
  /** Virtual sectors of 512 bytes that a BIOS loads; a UEFI looks at the file system instead. */
  readonly loadSectors: number;
  /** The catalogue's entry for it: 32 bytes. */
  readonly place: ByteRange;
}

export interface BootCatalogue {
  /** One sector; no known tool makes a longer catalogue. */
  readonly extent: ByteRange;
  readonly images: readonly BootImage[];
  /** What is wrong with it, in words. */
  readonly faults: readonly string[];
}

/** Where the images that a UEFI starts lie, in bytes. */
export const efiOffsets = (images: readonly BootImage[]): number[] =>
  images.flatMap(({ platform, offset }) => (platform === platforms.efi ? [offset] : []));

const entrySize = 32;
/** 0x44: goes on with selection criteria for the entry before (2.5). */
const extension = 0x44;

/**
 * Reads the catalogue; undefined for an image that has none. Throws OpsError (refused) `iso-truncated`,
 * `iso-invalid` when there is no catalogue where it should be.
 */
export async function readBootCatalogue(
  source: ByteSource,
  { bootCatalogue }: Descriptors,
  name = 'the image',
): Promise<BootCatalogue | undefined> {
  if (bootCatalogue === undefined) return undefined;
  const extent = { offset: bootCatalogue, length: sectorSize };
  const bytes = await readRange(source, extent, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // 2.1: header id 1, key 55 AA.
  if (bytes[0] !== 1 || bytes[30] !== 0x55 || bytes[31] !== 0xaa)
    throw invalid(`${name} does not have its boot catalogue where it says`, bootCatalogue);
  const faults: string[] = [];
  let sum = 0;
  for (let word = 0; word < entrySize; word += 2) sum += view.getUint16(word, true);
  if ((sum & 0xffff) !== 0)
    faults.push(`the checksum of the boot catalogue is wrong (at byte ${bootCatalogue})`);

  const entry = (start: number, platform: number): BootImage => ({
    platform,
    bootable: bytes[start] === 0x88,
    emulation: (bytes[start + 1] ?? 0) & 0x0f,
    loadSectors: view.getUint16(start + 6, true),
    offset: view.getUint32(start + 8, true) * sectorSize,
    place: { offset: bootCatalogue + start, length: entrySize },
  });
  const images = [entry(entrySize, bytes[1] ?? 0)];
  let start = 2 * entrySize;
  // 2.3: section headers are 0x90, the last one 0x91.
  for (let last = false; !last && start + entrySize <= bytes.length; ) {
    const header = bytes[start];
    if (header !== 0x90 && header !== 0x91) break;
    last = header === 0x91;
    const platform = bytes[start + 1] ?? 0;
    const count = view.getUint16(start + 2, true);
    start += entrySize;
    for (let index = 0; index < count; index += 1) {
      if (start + entrySize > bytes.length) {
        faults.push(`the boot catalogue claims to continue past its end (at byte ${bootCatalogue + start})`);
        break;
      }
      images.push(entry(start, platform));
      start += entrySize;
      while (start + entrySize <= bytes.length && bytes[start] === extension) start += entrySize;
    }
  }
  return { extent, images, faults };
}

/** What mkisofs writes into a boot image so that the image finds itself (genisoimage(1), "EL TORITO BOOT INFORMATION TABLE"). */
export interface BootInfoTable {
  /** Of the volume descriptor and of the image itself, in sectors of 2048 bytes. */
  readonly descriptorSector: number;
  readonly imageSector: number;
  /** Bytes of the image. */
  readonly size: number;
  /** The sum of all 32-bit words from byte 64 on. */
  readonly checksum: number;
}

/** Where the table stands in the boot image, and how many bytes it fills. */
export const bootInfoPlace: ByteRange = { offset: 8, length: 56 };

/** The table in the first bytes of a boot image; undefined when there seems to be none. */
export function decodeBootInfoTable(image: Uint8Array): BootInfoTable | undefined {
  if (image.length < endOf(bootInfoPlace)) return undefined;
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const table = {
    descriptorSector: view.getUint32(8, true),
    imageSector: view.getUint32(12, true),
    size: view.getUint32(16, true),
    checksum: view.getUint32(20, true),
  };
  const reserved = image.subarray(24, 64);
  return table.descriptorSector === 16 && reserved.every((byte) => byte === 0) ? table : undefined;
}

/** The checksum that the table of this image should hold; a last word that is not whole counts with zeros. */
export function bootInfoChecksum(image: Uint8Array): number {
  const whole = new Uint8Array(Math.ceil(image.length / 4) * 4);
  whole.set(image);
  const view = new DataView(whole.buffer);
  let sum = 0;
  for (let word = 64; word < whole.length; word += 4) sum = (sum + view.getUint32(word, true)) >>> 0;
  return sum;
}
