/**
 * What makes an ISO a disk as well: partition tables in its first 32 KiB (MBR, GPT, Apple's), all three at once on
 * some, and the HFS+ volume that stock grub-mkrescue adds.
 */
import { OpsError } from '../../errors.ts';
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { type Apm, decodeApm } from '../partition-tables/apm.ts';
import { decodeGpt, type GptReading } from '../partition-tables/gpt-decode.ts';
import { decodeMbr, type Mbr } from '../partition-tables/mbr.ts';

export interface Hybrid {
  readonly mbr: Mbr | undefined;
  /** Its `faults` tell of a backup that is missing or not at the end of the source. */
  readonly gpt: GptReading | undefined;
  readonly apm: Apm | undefined;
  /** HFS and HFS+ volumes that are really there. */
  readonly hfs: readonly ByteRange[];
  /** Tables that are there and cannot be read. */
  readonly faults: readonly string[];
}

/** Tables of ISOs count sectors of 512 bytes, whatever they are written to later. */
export const diskSector = 512;

/** Reads all tables of an image. What is wrong with them is told, not thrown. */
export async function readHybrid(source: ByteSource): Promise<Hybrid> {
  const mbr = decodeMbr(await source.read(0, 512));
  const faults: string[] = [];
  let gpt: GptReading | undefined;
  if (Number.isFinite(source.size)) {
    try {
      gpt = await decodeGpt(source, diskSector);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      faults.push(error.message, ...error.details);
    }
  }
  const apm = await decodeApm(source);
  // The hybrids of genisoimage -hfs have one without a table.
  const starts = new Map<number, number>([[0, source.size]]);
  for (const { firstLba, sectors } of mbr?.partitions ?? [])
    starts.set(firstLba * diskSector, sectors * diskSector);
  for (const { firstLba, lastLba } of gpt?.table.partitions ?? [])
    starts.set(firstLba * diskSector, (lastLba - firstLba + 1) * diskSector);
  for (const { offset, size } of apm?.partitions ?? []) starts.set(offset, size);
  const hfs: ByteRange[] = [];
  for (const [offset, length] of starts) if (await isHfs(source, offset)) hfs.push({ offset, length });
  return { mbr, gpt, apm, hfs, faults };
}

/** `H+`, `HX` or `BD` 1024 bytes into the volume (Apple TN1150, "Volume Header", "HFS Wrapper"). */
async function isHfs(source: ByteSource, offset: number): Promise<boolean> {
  const bytes = await source.read(offset + 1024, 2);
  return ['H+', 'HX', 'BD'].includes(Buffer.from(bytes).toString('latin1'));
}
