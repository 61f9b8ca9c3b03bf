/** The partitions of a disk in a file, whoever made it, and what is in them. */
import { type ByteSource, within } from '../formats/bytes.ts';
import { fileSystemOf } from '../formats/filesystems/signature.ts';
import { decodeGpt } from '../formats/partition-tables/gpt-decode.ts';
import { partitionTypeName, partitionTypes } from '../formats/partition-tables/gpt-types.ts';
import { decodeMbr, mbrSize, protectiveType } from '../formats/partition-tables/mbr.ts';

export interface DiskPartition {
  readonly number: number;
  /** In words, or the type's number when it has none. */
  readonly type: string;
  /** Of GPT; empty without one. */
  readonly name: string;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  /** `ext4`; null for what is not known. */
  readonly content: string | null;
  readonly label: string;
  /** A UEFI looks for programs in it. */
  readonly esp: boolean;
}

export interface DiskPartitions {
  readonly table: 'GPT' | 'MBR' | null;
  /** Bytes of a sector that the table counts in. */
  readonly sectorSize: number;
  readonly partitions: readonly DiskPartition[];
  readonly faults: readonly string[];
}

/** Names as in Linux, block/partitions/msdos.c and fdisk. */
const mbrTypes: Readonly<Record<number, string>> = {
  5: 'extended',
  7: 'NTFS or exFAT',
  11: 'FAT32',
  12: 'FAT32',
  15: 'extended',
  130: 'Linux swap',
  131: 'Linux',
  142: 'Linux LVM',
  165: 'FreeBSD',
  239: 'EFI system',
  253: 'Linux RAID',
};

/** Throws `gpt-invalid` (refused) for a GPT that is damaged in both copies. */
export async function partitionsOf(disk: ByteSource): Promise<DiskPartitions> {
  for (const sectorSize of [512, 4096]) {
    const gpt = await decodeGpt(disk, sectorSize);
    if (gpt === undefined) continue;
    const partitions = gpt.table.partitions.map(async ({ number, type, name, firstLba, lastLba }) => ({
      ...{ number, type: partitionTypeName(type) ?? type, name },
      ...(await contentOf(disk, firstLba * sectorSize, (lastLba - firstLba + 1) * sectorSize)),
      esp: type === partitionTypes.efiSystem,
    }));
    return { table: 'GPT', sectorSize, partitions: await Promise.all(partitions), faults: gpt.faults };
  }
  const sectorSize = 512;
  const mbr = decodeMbr(await disk.read(0, mbrSize));
  const own = mbr?.partitions.filter(({ type }) => type !== protectiveType) ?? [];
  // The first sector of a file system ends as a table does.
  const sane = own.every(
    ({ firstLba, sectors }) => firstLba > 0 && (firstLba + sectors) * sectorSize <= disk.size,
  );
  if (own.length === 0 || !sane) return { table: null, sectorSize, partitions: [], faults: [] };
  const partitions = own.map(async ({ number, type, firstLba, sectors }) => ({
    ...{ number, type: mbrTypes[type] ?? `0x${type.toString(16).padStart(2, '0')}`, name: '' },
    ...(await contentOf(disk, firstLba * sectorSize, sectors * sectorSize)),
    esp: type === 0xef,
  }));
  return { table: 'MBR', sectorSize, partitions: await Promise.all(partitions), faults: [] };
}

async function contentOf(disk: ByteSource, offset: number, size: number) {
  const found = await fileSystemOf(within(disk, offset, size));
  return { offset, size, content: found?.type ?? null, label: found?.label ?? '' };
}
