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
/** What a core image may ask for. Below 640 KiB is room for it, packed; what unpacks it ends before byte 0xe00. */
const coreBudget = {
  packed: 1024 * 1024,
  unpacked: 2 * 1024 * 1024,
  /** Where the packed part is looked for. */
  begin: 0x1000,
  /** Steps of unpacking, of all attempts; a core of 300 KB takes as many at most. And what an attempt costs at least. */
  steps: 1_000_000,
  attempt: 500,
  /** Places that may be the end of a folder's name, and the bytes before each that are looked at. */
  names: 1000,
  nameLength: 256,
} as const;

/** Of what the installer writes: where GRUB looks for its menu (grub-mkimage's --prefix), and so how it is known as ours. */
export const corePrefixes = {
  /** On a disk of ours: the second GPT partition of the disk that it was read from. */
  disk: '(,gpt2)/EFI/debian',
  /** Beside other systems: it may lie on any partition, on a logical volume too. */
  search: '/bos/system/grub',
} as const;

/** Reads a disk of sectors of 512 bytes. */
export async function readCorePrefix(disk: ByteSource): Promise<CorePrefix> {
  const read = await readCore(disk);
  if ('problem' in read) return read;
  const menus = menusOf(read.image);
  return menus.length > 0 ? { menus } : { problem: 'the GRUB core image does not name a menu' };
}

/** The core image that the boot sector of a disk of sectors of 512 bytes loads, unpacked. */
export async function readCore(
  disk: ByteSource,
): Promise<{ readonly image: Buffer } | { readonly problem: string }> {
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
    if (total > coreBudget.packed) return { problem: 'the GRUB core image has an invalid block list' };
    pieces.push(await disk.read(sector * sectorSize, bytes));
  }
  const image = unpackCore(Buffer.concat(pieces));
  return image === undefined ? { problem: 'the GRUB core image cannot be read' } : { image };
}

/** The packed part begins somewhere behind the code that unpacks it, whose length is nowhere said. */
export function unpackCore(core: Buffer): Buffer | undefined {
  if (core.length < 64) return undefined;
  const packed = core.readUInt32LE(packedSizeOffset);
  const unpacked = core.readUInt32LE(unpackedSizeOffset);
  if (packed === 0 || packed > core.length || unpacked > coreBudget.unpacked) return undefined;
  const output = new Uint8Array(unpacked);
  const work = { left: coreBudget.steps };
  const last = Math.min(coreBudget.begin, core.length - packed);
  for (let begin = 64; begin <= last && work.left > 0; begin += 1) {
    if (core[begin] !== 0) continue;
    work.left -= coreBudget.attempt;
    const found = decodeLzma(core.subarray(begin, begin + packed), unpacked, { output, work });
    // All of it was needed, or it began elsewhere; the coder reads up to five bytes ahead.
    if (found !== undefined && Math.abs(found.used - packed) <= 5) return Buffer.from(found.output);
  }
  return undefined;
}

/** `UUID:/boot/grub`: from a configuration that is built in, else from the prefix. */
export function menusOf(image: Buffer): string[] {
  const text = image.toString('latin1');
  const uuid = /search\.fs_uuid ([0-9a-f-]{36}|[0-9a-f]{4}-[0-9a-f]{4}) root/i.exec(text)?.[1]?.toLowerCase();
  const folders = [...text.matchAll(/set prefix=\(\$root\)'?(\/[^'\s\0]*grub2?)/g), ...prefixesIn(text)].map(
    ([, folder]) => folder,
  );
  return [...new Set(folders)].map((folder) => `${uuid ?? ''}:${folder}`);
}

const prefix = /\((?:,(?:gpt|msdos)\d+|[hm][a-z]?d?[0-9a-z/,-]*)?\)?(\/[a-z0-9/@._-]*grub2?)$/i;

/** `(,gpt2)/boot/grub` with its zero, from its end: a long text of brackets is not read again from each of them. */
function prefixesIn(text: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  let places = 0;
  for (const { index, 0: end } of text.matchAll(/grub2?\0/gi)) {
    places += 1;
    if (places > coreBudget.names) break;
    const name = index + end.length - 1;
    const match = prefix.exec(text.slice(Math.max(0, name - coreBudget.nameLength), name));
    if (match !== null) found.push(match);
  }
  return found;
}
