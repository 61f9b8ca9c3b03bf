/**
 * Which file system lies on a device, and the id by which GRUB's `search --fs-uuid` and udev find it, from its super block
 * alone. Offsets: of XFS "XFS Algorithms & Data Structures", "Superblocks" (sb_magicnum, sb_uuid); of btrfs its on-disk
 * format, "Superblock" (magic, fsid); of ext4 and FAT where they are read.
 */
import type { ByteSource } from '../bytes.ts';
import { probeExt4, unknownToGrub } from './ext4.ts';
import { probeFat } from './fat/boot-sector.ts';

export interface FileSystemIdentity {
  /** As the kernel calls it: `ext4`, `xfs`, `btrfs`, `vfat`. */
  readonly type: string;
  /** Lower case: a UUID, or eight hex digits with a dash for FAT (`1a2b-3c4d`). */
  readonly uuid: string;
  /** Features of ext4 for which GRUB refuses all of it. */
  readonly unknownToGrub?: readonly string[];
}

const uuidLength = 16;
const rows = [
  { type: 'xfs', offset: 0, magic: 'XFSB', uuid: 32 },
  { type: 'btrfs', offset: 0x10040, magic: '_BHRfS_M', uuid: 0x10020 },
] as const;

/** Undefined for any other. */
export async function fileSystemIdentity(source: ByteSource): Promise<FileSystemIdentity | undefined> {
  const ext4 = await probeExt4(source);
  if (ext4 !== undefined) {
    const unknown = unknownToGrub(ext4);
    return { type: ext4.type, uuid: ext4.uuid, ...(unknown.length > 0 && { unknownToGrub: unknown }) };
  }
  for (const { type, offset, magic, uuid } of rows) {
    const found = Buffer.from(await source.read(offset, magic.length)).toString('latin1');
    if (found !== magic) continue;
    const bytes = Buffer.from(await source.read(uuid, uuidLength));
    if (bytes.length === uuidLength) return { type, uuid: withDashes(bytes.toString('hex')) };
  }
  const fat = await probeFat(source);
  return fat && { type: 'vfat', uuid: fat.serial.toLowerCase() };
}

const withDashes = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
