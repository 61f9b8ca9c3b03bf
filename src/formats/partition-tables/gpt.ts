/**
 * The GUID partition table: its types, and the bytes to write for one (UEFI 2.10 section 5.3).
 * Reading is gpt-decode.ts. Everything is little-endian; LBAs count logical sectors.
 */
import { usage } from '../../errors.ts';
import type { PlacedBytes } from '../byte-range.ts';
import { crc32 } from '../crc32.ts';
import { encodeGuid } from './guid.ts';
import { encodeProtectiveMbr } from './mbr.ts';

export interface GptPartition {
  /** 1 to 128: the slot in the entry array. */
  readonly number: number;
  /** Type and unique GUID, lower case. */
  readonly type: string;
  readonly guid: string;
  readonly firstLba: number;
  /** Inclusive. */
  readonly lastLba: number;
  /** UEFI 2.10 table 5.8; 0n for none. */
  readonly attributes: bigint;
  /** At most 36 UTF-16 units. */
  readonly name: string;
}

export interface GptTable {
  readonly diskGuid: string;
  /** Logical sector size in bytes, 512 or 4096. */
  readonly sectorSize: number;
  /** Size of the disk in logical sectors. */
  readonly diskSectors: number;
  readonly partitions: readonly GptPartition[];
}

export const gptSignature = 'EFI PART';
export const headerSize = 92;
export const entrySize = 128;
export const entryCount = 128;
const nameUnits = 36;

/** Sectors that the entry array takes: 32 of 512 bytes, 4 of 4096. */
export function entrySectors(sectorSize: number): number {
  return Math.ceil((entryCount * entrySize) / sectorSize);
}

/** First and last LBA that a partition may use. */
export function usableLbas(diskSectors: number, sectorSize: number): { first: number; last: number } {
  const entries = entrySectors(sectorSize);
  return { first: 2 + entries, last: diskSectors - 2 - entries };
}

/**
 * What to write for a table: `primary` from byte 0 (protective MBR without boot code, header, entries) and
 * `backup` at the end of the disk (entries, header). Throws OpsError `gpt-unfit` (usage) for partitions that
 * overlap, lie outside the usable sectors or cannot be stored.
 */
export function encodeGpt(table: GptTable): { primary: PlacedBytes; backup: PlacedBytes } {
  check(table);
  const { sectorSize, diskSectors } = table;
  const arraySectors = entrySectors(sectorSize);
  const entries = encodeEntries(table.partitions);
  const lastLba = diskSectors - 1;
  const backupEntries = lastLba - arraySectors;

  const primary = new Uint8Array((2 + arraySectors) * sectorSize);
  primary.set(encodeProtectiveMbr(diskSectors), 0);
  primary.set(encodeHeader(table, entries, { own: 1, other: lastLba, entries: 2 }), sectorSize);
  primary.set(entries, 2 * sectorSize);

  const backup = new Uint8Array((arraySectors + 1) * sectorSize);
  backup.set(entries, 0);
  backup.set(
    encodeHeader(table, entries, { own: lastLba, other: 1, entries: backupEntries }),
    arraySectors * sectorSize,
  );
  return {
    primary: { offset: 0, bytes: primary },
    backup: { offset: backupEntries * sectorSize, bytes: backup },
  };
}

/** UEFI 2.10 table 5.5. */
function encodeHeader(
  table: GptTable,
  entries: Uint8Array,
  lba: { own: number; other: number; entries: number },
): Uint8Array {
  const header = new Uint8Array(headerSize);
  const view = new DataView(header.buffer);
  const usable = usableLbas(table.diskSectors, table.sectorSize);
  header.set(Buffer.from(gptSignature, 'latin1'), 0);
  view.setUint32(8, 0x00010000, true);
  view.setUint32(12, headerSize, true);
  view.setBigUint64(24, BigInt(lba.own), true);
  view.setBigUint64(32, BigInt(lba.other), true);
  view.setBigUint64(40, BigInt(usable.first), true);
  view.setBigUint64(48, BigInt(usable.last), true);
  header.set(encodeGuid(table.diskGuid), 56);
  view.setBigUint64(72, BigInt(lba.entries), true);
  view.setUint32(80, entryCount, true);
  view.setUint32(84, entrySize, true);
  view.setUint32(88, crc32(entries), true);
  // The header's own checksum is taken with its field at 16 zero.
  view.setUint32(16, crc32(header), true);
  return header;
}

/** UEFI 2.10 table 5.6. */
function encodeEntries(partitions: readonly GptPartition[]): Uint8Array {
  const entries = new Uint8Array(entryCount * entrySize);
  const view = new DataView(entries.buffer);
  for (const partition of partitions) {
    const offset = (partition.number - 1) * entrySize;
    entries.set(encodeGuid(partition.type), offset);
    entries.set(encodeGuid(partition.guid), offset + 16);
    view.setBigUint64(offset + 32, BigInt(partition.firstLba), true);
    view.setBigUint64(offset + 40, BigInt(partition.lastLba), true);
    view.setBigUint64(offset + 48, partition.attributes, true);
    entries.set(Buffer.from(partition.name, 'utf16le'), offset + 56);
  }
  return entries;
}

function check(table: GptTable): void {
  const { sectorSize, diskSectors } = table;
  const faults: string[] = [];
  if (sectorSize !== 512 && sectorSize !== 4096) faults.push(`sectors of ${sectorSize} bytes`);
  const usable = usableLbas(diskSectors, sectorSize);
  if (!Number.isSafeInteger(diskSectors) || usable.last < usable.first) {
    faults.push(`a disk of ${diskSectors} sectors`);
  }
  const sorted = table.partitions.toSorted((a, b) => a.firstLba - b.firstLba);
  for (const [index, partition] of sorted.entries()) {
    const next = sorted[index + 1];
    const where = `partition ${partition.number}`;
    if (!Number.isInteger(partition.number) || partition.number < 1 || partition.number > entryCount)
      faults.push(`${where}: numbers are 1 to ${entryCount}`);
    if (
      !(
        partition.firstLba >= usable.first &&
        partition.lastLba >= partition.firstLba &&
        partition.lastLba <= usable.last
      )
    )
      faults.push(
        `${where}: ${partition.firstLba} to ${partition.lastLba} is not in ${usable.first} to ${usable.last}`,
      );
    if (next !== undefined && next.firstLba <= partition.lastLba)
      faults.push(`${where} overlaps partition ${next.number}`);
    if (partition.name.length > nameUnits || partition.name.includes('\0'))
      faults.push(`${where}: the name does not fit in ${nameUnits} characters`);
  }
  if (new Set(sorted.map((partition) => partition.number)).size !== sorted.length)
    faults.push('a number is used twice');
  if (faults.length > 0)
    throw usage('gpt-unfit', `This partition table is impossible: ${faults.join('; ')}`, { details: faults });
}
