/** What lies in a partition, by its first bytes: enough to say it to a person. */
import type { ByteSource } from '../bytes.ts';
import { probeExt4 } from './ext4.ts';
import { probeFat } from './fat/boot-sector.ts';

export interface FileSystem {
  /** `ext4`, `FAT32`, `xfs`, `LVM`. */
  readonly type: string;
  /** Empty when it has none, or it is not read. */
  readonly label: string;
}

/** libblkid, the probers in libblkid/src/superblocks of util-linux 2.38: names and where they stand. */
const magics = [
  { offset: 0, magic: 'XFSB', type: 'xfs', label: { offset: 108, length: 12 } },
  { offset: 0x10040, magic: '_BHRfS_M', type: 'btrfs', label: { offset: 0x1012b, length: 256 } },
  { offset: 4086, magic: 'SWAPSPACE2', type: 'swap', label: { offset: 1052, length: 16 } },
  { offset: 512, magic: 'LABELONE', type: 'LVM' },
  { offset: 0, magic: 'LUKS\xba\xbe', type: 'LUKS' },
  { offset: 0, magic: 'hsqs', type: 'squashfs' },
  { offset: 32_769, magic: 'CD001', type: 'ISO 9660', label: { offset: 32_808, length: 32 } },
  { offset: 3, magic: 'NTFS    ', type: 'NTFS' },
  { offset: 1024, magic: '\x10\x20\xf5\xf2', type: 'F2FS' },
] as const;

/** Undefined for what is not known. */
export async function fileSystemOf(source: ByteSource): Promise<FileSystem | undefined> {
  const text = async (offset: number, length: number) =>
    Buffer.from(await source.read(offset, length)).toString('latin1');
  for (const row of magics) {
    if ((await text(row.offset, row.magic.length)) !== row.magic) continue;
    const label = 'label' in row ? await text(row.label.offset, row.label.length) : '';
    return { type: row.type, label: (label.split('\0', 1)[0] ?? '').trim() };
  }
  const ext4 = await probeExt4(source);
  if (ext4 !== undefined) return { type: ext4.type, label: ext4.label };
  const fat = await probeFat(source);
  return fat && { type: fat.type.toUpperCase(), label: fat.label.trim() };
}
