/**
 * What to write so that a partition table knows the whole of a disk that is larger than the one it was made for, and
 * the last partition reaches its end. Pure. GPT: UEFI 2.10 section 5.3; MBR: section 5.2.1.
 */
import type { PlacedBytes } from '../../formats/byte-range.ts';
import { encodeGpt, usableLbas } from '../../formats/partition-tables/gpt.ts';
import type { GptReading } from '../../formats/partition-tables/gpt-decode.ts';
import { decodeMbr, mbrSize } from '../../formats/partition-tables/mbr.ts';
import { alignment } from './layout.ts';

/** In the order in which they go to the disk; bytes from its start. */
export interface TableChange {
  readonly pieces: readonly PlacedBytes[];
}

/** done: the table is as it should be. cannot: why it will never be, in words. */
export type Growth = TableChange | { readonly done: true } | { readonly cannot: string };

/** Where an MBR counts the sectors of its first entry, and bytes from one entry to the next. */
const mbrCount = 446 + 12;
const mbrEntry = 16;
const mbrLimit = 0xffff_ffff;

/**
 * `sector` is the first of the disk, with the protective MBR and boot code, which stays. The backup goes first: until
 * the primary is written, everything goes by the old one; were that torn, the new backup is at the end of the disk.
 */
export function grownGpt(
  { table, faults }: GptReading,
  sector: Uint8Array,
  number: number,
  diskSectors: number,
): Growth {
  const { sectorSize } = table;
  const grown = table.partitions.find((partition) => partition.number === number);
  if (grown === undefined) return { cannot: `the GPT has no partition ${number}` };
  const behind = table.partitions.find((partition) => partition.firstLba > grown.lastLba);
  if (behind !== undefined) return { cannot: `partition ${behind.number} comes after partition ${number}` };
  const usable = usableLbas(diskSectors, sectorSize);
  const perStep = alignment / sectorSize;
  const end = Math.floor((usable.last + 1) / perStep) * perStep - 1;
  const lastLba = Math.max(grown.lastLba, end);
  if (lastLba > usable.last) return { cannot: 'the disk is smaller than its partitions' };
  const partitions = table.partitions.map((partition) =>
    partition === grown ? { ...partition, lastLba } : partition,
  );
  const { primary, backup } = encodeGpt({ ...table, diskSectors, partitions });
  const protective = Uint8Array.from(sector.subarray(0, mbrSize));
  protective.set(primary.bytes.subarray(mbrCount - 12, mbrSize), mbrCount - 12);
  const sound = lastLba === grown.lastLba && faults.length === 0;
  if (sound && Buffer.compare(protective, sector.subarray(0, mbrSize)) === 0) return { done: true };
  return {
    pieces: [
      ...(sound ? [] : [backup, { offset: sectorSize, bytes: primary.bytes.subarray(sectorSize) }]),
      { offset: 0, bytes: protective },
    ],
  };
}

/** One sector. Only primary partitions are known, and what 32 bits count. */
export function grownMbr(sector: Uint8Array, number: number, diskSectors: number): Growth {
  const mbr = decodeMbr(sector);
  const grown = mbr?.partitions.find((partition) => partition.number === number);
  if (mbr === undefined || grown === undefined || mbr.protective)
    return { cannot: `there is no partition table with a partition ${number}` };
  const behind = mbr.partitions.find((partition) => partition.firstLba > grown.firstLba);
  if (behind !== undefined) return { cannot: `partition ${behind.number} comes after partition ${number}` };
  const sectors = Math.min(diskSectors - grown.firstLba, mbrLimit);
  if (sectors <= grown.sectors) return { done: true };
  const bytes = Uint8Array.from(sector.subarray(0, mbrSize));
  new DataView(bytes.buffer).setUint32(mbrCount + (number - 1) * mbrEntry, sectors, true);
  return { pieces: [{ offset: 0, bytes }] };
}
