/**
 * Where the GRUB of a BIOS finds its menu: the prefix in the core image that the boot sector loads. GRUB's sources:
 * boot/i386/pc/boot.S, diskboot.S (block list), startup_raw.S (sizes), include/grub/kernel.h (modules).
 */
import type { ByteSource } from '../formats/bytes.ts';
import { decodeLzma } from '../formats/compression/lzma.ts';

export type CorePrefix = { readonly menus: readonly string[] } | { readonly problem: string };

const sectorSize = 512;
/** boot.S: the sector of the core image (GRUB_BOOT_MACHINE_KERNEL_SECTOR), and its message. */
const coreSectorOffset = 0x5c;
const message = 'GRUB \0Geom\0';
/** diskboot.S: the first entry of the block list, 64-bit sector and 16-bit count; the next one lies before it. */
const blockListOffset = 500;
const blockListEntry = 12;
/** startup_raw.S, relative to the end of diskboot.img: how long the packed part is, and what it unpacks to. */
const packedSizeOffset = 0x08;
const unpackedSizeOffset = 0x0c;
/** No core image is larger: it has to fit below 640 KiB. */
const largestCore = 1024 * 1024;

/** Reads a disk of sectors of 512 bytes. */
export async function readCorePrefix(disk: ByteSource): Promise<CorePrefix> {
  const boot = Buffer.from(await disk.read(0, sectorSize));
  if (boot.length < sectorSize || boot.readUInt16LE(510) !== 0xaa55 || !boot.includes(message, 0, 'latin1'))
    return { problem: 'its boot sector is not from GRUB 2' };
  const first = Number(boot.readBigUInt64LE(coreSectorOffset));
  const start = Buffer.from(await disk.read(first * sectorSize, sectorSize));
  if (start.length < sectorSize) return { problem: 'the GRUB core image is outside of it' };
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (let offset = blockListOffset; offset > 0; offset -= blockListEntry) {
    const sector = Number(start.readBigUInt64LE(offset));
    const bytes = start.readUInt16LE(offset + 8) * sectorSize;
    if (bytes === 0) break;
    total += bytes;
    if (total > largestCore) return { problem: 'the GRUB core image has an invalid block list' };
    pieces.push(await disk.read(sector * sectorSize, bytes));
  }
  const image = unpackCore(Buffer.concat(pieces));
  if (image === undefined) return { problem: 'the GRUB core image cannot be read' };
  const menus = menusOf(image);
  return menus.length > 0 ? { menus } : { problem: 'the GRUB core image does not name a menu' };
}

/** The packed part begins somewhere behind the code that unpacks it, whose length is nowhere said. */
export function unpackCore(core: Buffer): Buffer | undefined {
  if (core.length < 64) return undefined;
  const packed = core.readUInt32LE(packedSizeOffset);
  const unpacked = core.readUInt32LE(unpackedSizeOffset);
  if (packed === 0 || packed > core.length || unpacked > 8 * largestCore) return undefined;
  for (let begin = 64; begin + packed <= core.length; begin += 1) {
    if (core[begin] !== 0) continue;
    const found = decodeLzma(core.subarray(begin, begin + packed), unpacked);
    // All of it was needed, or it began elsewhere; the coder reads up to five bytes ahead.
    if (found !== undefined && Math.abs(found.used - packed) <= 5) return Buffer.from(found.output);
  }
  return undefined;
}

/** `UUID:/boot/grub`: from a configuration that is built in, else from the prefix. */
export function menusOf(image: Buffer): string[] {
  const text = image.toString('latin1');
  const uuid = /search\.fs_uuid ([0-9a-f-]{36}) root/i.exec(text)?.[1]?.toLowerCase();
  const folders = [
    ...text.matchAll(/set prefix=\(\$root\)'?(\/[^'\s\0]*grub2?)/g),
    ...text.matchAll(/\((?:,(?:gpt|msdos)\d+|[hm][a-z]?d?[0-9a-z/,-]*)?\)?(\/[a-z0-9/@._-]*grub2?)\0/gi),
  ].map(([, folder]) => folder);
  return [...new Set(folders)].map((folder) => `${uuid ?? ''}:${folder}`);
}
