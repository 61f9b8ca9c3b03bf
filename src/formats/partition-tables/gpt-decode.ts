/**
 * Reads a GUID partition table: both headers and their entry arrays are checked as UEFI 2.10 section 5.3.2 asks,
 * the primary is preferred, and whatever is wrong is told.
 */
import { refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import { crc32 } from '../crc32.ts';
import { type GptPartition, type GptTable, gptSignature, headerSize } from './gpt.ts';
import { decodeGuid } from './guid.ts';
import { decodeMbr } from './mbr.ts';

export interface GptReading {
  readonly table: GptTable;
  /** Which of the two copies it was read from. */
  readonly from: 'primary' | 'backup';
  /** What is wrong, in words; empty for a sound table. */
  readonly faults: readonly string[];
}

interface Header {
  readonly other: bigint;
  readonly diskGuid: string;
  readonly partitions: readonly GptPartition[];
  /** The bytes of all entries, the size of one, and their checksum. */
  readonly entries: Uint8Array;
  readonly entrySize: number;
  readonly entriesCrc: number;
}

/** Far above the 128 of every known tool: a larger array is damage. */
const maximumEntryBytes = 1 << 20;

/**
 * Reads the table of a disk with logical sectors of `sectorSize` bytes. Undefined when there is none;
 * throws OpsError `gpt-invalid` (refused) when there is one and neither copy is sound.
 */
export async function decodeGpt(source: ByteSource, sectorSize: number): Promise<GptReading | undefined> {
  const diskSectors = Math.floor(source.size / sectorSize);
  if (diskSectors < 3) return undefined;
  const faults: string[] = [];
  const mbr = decodeMbr(await source.read(0, 512));
  let sound: Header | undefined;
  const attempt = async (copy: 'primary' | 'backup', lba: number): Promise<Header | undefined | string> => {
    const header = await readHeader(source, sectorSize, lba, diskSectors, sound);
    if (typeof header === 'object') sound ??= header;
    if (typeof header === 'string') faults.push(`${copy} table: ${header}`);
    return header;
  };

  const primary = await attempt('primary', 1);
  const lastLba = diskSectors - 1;
  let backup = await attempt('backup', lastLba);
  if (backup === undefined && typeof primary === 'object' && primary.other < BigInt(lastLba)) {
    backup = await attempt('backup', Number(primary.other));
    if (typeof backup === 'object') faults.push('backup table: not at the end of the disk');
  }
  if (primary === undefined && backup === undefined) return undefined;
  if (primary === undefined) faults.unshift('primary table: missing');
  if (backup === undefined) faults.push('backup table: missing');
  if (mbr?.protective !== true) faults.push('no protective MBR');

  const header = typeof primary === 'object' ? primary : backup;
  if (typeof header !== 'object') {
    throw refused('gpt-invalid', 'The partition table is damaged in both copies', {
      details: faults,
      hint: 'Repair it with sgdisk or gdisk, or name the disk to have it partitioned again.',
    });
  }
  faults.push(...overlaps(header.partitions));
  return {
    table: { diskGuid: header.diskGuid, sectorSize, diskSectors, partitions: header.partitions },
    from: header === primary ? 'primary' : 'backup',
    faults,
  };
}

/**
 * The header at `lba` with its partitions; undefined without the signature; words for what is wrong. Entries that are
 * those of the `other` copy are not looked at twice.
 */
async function readHeader(
  source: ByteSource,
  sectorSize: number,
  lba: number,
  diskSectors: number,
  other: Header | undefined,
): Promise<Header | undefined | string> {
  const sector = await source.read(lba * sectorSize, sectorSize);
  if (sector.length < sectorSize) return undefined;
  if (Buffer.from(sector.subarray(0, 8)).toString('latin1') !== gptSignature) return undefined;
  const view = new DataView(sector.buffer, sector.byteOffset, sector.length);
  const size = view.getUint32(12, true);
  if (size < headerSize || size > sectorSize) return `a header of ${size} bytes`;
  // Not slice(): of a Buffer that is no copy.
  const copy = Uint8Array.from(sector.subarray(0, size));
  copy.fill(0, 16, 20);
  if (crc32(copy) !== view.getUint32(16, true)) return 'the checksum of the header is wrong';
  if (view.getBigUint64(24, true) !== BigInt(lba)) return 'it belongs elsewhere on the disk';

  const count = view.getUint32(80, true);
  const entrySize = view.getUint32(84, true);
  const entriesLba = view.getBigUint64(72, true);
  if (entrySize < 128 || entrySize % 8 !== 0 || count * entrySize > maximumEntryBytes)
    return `${count} entries of ${entrySize} bytes`;
  if (entriesLba < 2n || entriesLba >= BigInt(diskSectors)) return 'its entries lie outside the disk';
  const entries = await source.read(Number(entriesLba) * sectorSize, count * entrySize);
  if (entries.length < count * entrySize) return 'its entries lie outside the disk';
  const known =
    other?.entriesCrc === view.getUint32(88, true) && Buffer.compare(entries, other.entries) === 0;
  if (!known && crc32(entries) !== view.getUint32(88, true)) return 'the checksum of the entries is wrong';

  const partitions =
    known && other.entrySize === entrySize ? other.partitions : decodeEntries(entries, count, entrySize);
  const outside = partitions.find(
    (partition) => partition.lastLba < partition.firstLba || partition.lastLba >= diskSectors,
  );
  if (outside !== undefined) return `partition ${outside.number} is not within the disk`;
  return {
    other: view.getBigUint64(32, true),
    diskGuid: decodeGuid(sector, 56),
    partitions,
    entries,
    entrySize,
    entriesCrc: view.getUint32(88, true),
  };
}

function decodeEntries(entries: Uint8Array, count: number, entrySize: number): GptPartition[] {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.length);
  const partitions: GptPartition[] = [];
  for (let index = 0; index < count; index += 1) {
    const offset = index * entrySize;
    // An entry without a type is unused (UEFI 2.10, table 5.6), as nearly all are.
    if ([0, 4, 8, 12].every((part) => view.getUint32(offset + part, true) === 0)) continue;
    const type = decodeGuid(entries, offset);
    const name = Buffer.from(entries.subarray(offset + 56, offset + 128)).toString('utf16le');
    partitions.push({
      number: index + 1,
      type,
      guid: decodeGuid(entries, offset + 16),
      firstLba: Number(view.getBigUint64(offset + 32, true)),
      lastLba: Number(view.getBigUint64(offset + 40, true)),
      attributes: view.getBigUint64(offset + 48, true),
      name: name.split('\0', 1)[0] ?? '',
    });
  }
  return partitions;
}

function overlaps(partitions: readonly GptPartition[]): string[] {
  const sorted = partitions.toSorted((a, b) => a.firstLba - b.firstLba);
  return sorted.flatMap((partition, index) => {
    const next = sorted[index + 1];
    return next !== undefined && next.firstLba <= partition.lastLba
      ? [`partition ${partition.number} overlaps partition ${next.number}`]
      : [];
  });
}
