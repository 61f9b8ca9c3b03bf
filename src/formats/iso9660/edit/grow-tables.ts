/**
 * Partition tables of an image that becomes longer: the GPT's second copy moves to the new end, the first names it,
 * and partitions that show the whole ISO grow with it (UEFI 2.10, 5.3; the driver descriptor map of Inside Macintosh:
 * Devices, 3-12). The raw bytes are edited, since ISOs have tables of other sizes than disks.
 */
import { refused } from '../../../errors.ts';
import type { PlacedBytes } from '../../byte-range.ts';
import type { ByteSource } from '../../bytes.ts';
import { crc32 } from '../../crc32.ts';
import { gptSignature } from '../../partition-tables/gpt.ts';

const sector = 512;

export interface GrownTables {
  /** The second copy of the GPT, at the new end: nobody reads it yet. */
  readonly backup: readonly PlacedBytes[];
  /** In this order; each is one write. */
  readonly tables: readonly PlacedBytes[];
  /** The header of the old second copy, which is no longer one. */
  readonly after: readonly PlacedBytes[];
}

interface RawGpt {
  readonly header: Uint8Array;
  readonly entries: Uint8Array;
  readonly entriesLba: number;
  readonly entrySize: number;
  readonly backupLba: number;
}

/** Bytes that the second copy of the GPT takes at the end; 0 without a GPT. */
export async function backupSize(source: ByteSource): Promise<number> {
  const gpt = await readRaw(source);
  return gpt === undefined ? 0 : sector + Math.ceil(gpt.entries.length / sector) * sector;
}

/** Whether there is a GPT whose second copy is not in the last sectors, as after writers that pad what they wrote. */
export async function backupMisplaced(source: ByteSource): Promise<boolean> {
  const gpt = await readRaw(source);
  return gpt !== undefined && (gpt.backupLba + 1) * sector !== source.size;
}

/** From the old size to the new one, both in bytes and of whole sectors. */
export async function growTables(source: ByteSource, newSize: number): Promise<GrownTables> {
  const gpt = await readRaw(source);
  const mbr = grownMbr(Uint8Array.from(await source.read(0, sector)), source.size, newSize);
  const first = mbr === undefined ? [] : [{ offset: 0, bytes: mbr }];
  if (gpt === undefined) return { backup: [], tables: first, after: [] };

  const entriesSectors = Math.ceil(gpt.entries.length / sector);
  const lastLba = newSize / sector - 1;
  const backupEntries = lastLba - entriesSectors;
  const entries = grownEntries(gpt, source.size, backupEntries - 1);
  const array = new Uint8Array(entriesSectors * sector);
  array.set(entries);
  const header = (own: number, other: number, entriesLba: number) =>
    encodeHeader(
      gpt.header,
      { own, other, entries: entriesLba, lastUsable: backupEntries - 1 },
      crc32(entries),
    );
  const primary = header(1, lastLba, gpt.entriesLba);
  const backup = [
    { offset: backupEntries * sector, bytes: array },
    { offset: lastLba * sector, bytes: header(lastLba, 1, backupEntries) },
  ];
  const changed = firstDifference(gpt.entries, entries);
  const tables: PlacedBytes[] = [...first];
  // With the entries when these change: a reader that sees only half finds the second copy whole.
  if (changed !== undefined)
    tables.push({
      offset: gpt.entriesLba * sector + changed.from,
      bytes: entries.subarray(changed.from, changed.to),
    });
  tables.push({ offset: sector, bytes: primary });
  const stale = { offset: gpt.backupLba * sector, bytes: new Uint8Array(sector) };
  const known = gpt.backupLba > gpt.entriesLba && gpt.backupLba * sector + sector <= source.size;
  return { backup, tables, after: known ? [stale] : [] };
}

async function readRaw(source: ByteSource): Promise<RawGpt | undefined> {
  const bytes = Uint8Array.from(await source.read(sector, sector));
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== gptSignature) return undefined;
  const view = new DataView(bytes.buffer);
  const size = view.getUint32(12, true);
  const [count, entrySize] = [view.getUint32(80, true), view.getUint32(84, true)];
  const damaged = () => refused('gpt-invalid', 'The partition table of the image is damaged');
  if (size < 92 || size > sector || entrySize < 128 || count * entrySize > 2 ** 20) throw damaged();
  const header = bytes.slice(0, size);
  const stored = view.getUint32(16, true);
  if (crc32(zeroed(header)) !== stored) throw damaged();
  const entriesLba = Number(view.getBigUint64(72, true));
  const entries = Uint8Array.from(await source.read(entriesLba * sector, count * entrySize));
  if (entries.length < count * entrySize || crc32(entries) !== view.getUint32(88, true)) throw damaged();
  return { header, entries, entriesLba, entrySize, backupLba: Number(view.getBigUint64(32, true)) };
}

/** The header's own checksum is taken with its field at 16 zero (5.3.2). */
function zeroed(header: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(header);
  copy.fill(0, 16, 20);
  return copy;
}

/** Table 5.5, in a whole sector. */
function encodeHeader(
  old: Uint8Array,
  lba: { own: number; other: number; entries: number; lastUsable: number },
  entriesCrc: number,
): Uint8Array {
  const header = zeroed(old);
  const view = new DataView(header.buffer);
  view.setBigUint64(24, BigInt(lba.own), true);
  view.setBigUint64(32, BigInt(lba.other), true);
  view.setBigUint64(48, BigInt(lba.lastUsable), true);
  view.setBigUint64(72, BigInt(lba.entries), true);
  view.setUint32(88, entriesCrc, true);
  view.setUint32(16, crc32(header), true);
  const bytes = new Uint8Array(sector);
  bytes.set(header);
  return bytes;
}

/** The last sector in which an ISO's own descriptors may begin: what starts before it shows the ISO itself. */
const volumeStart = 64;

/** Where partitions begin that reach to the end of an image that becomes longer, in bytes; of the GPT if there is one. */
export async function growingPartitions(source: ByteSource): Promise<number[]> {
  const gpt = await readRaw(source);
  if (gpt === undefined) {
    const mbr = Uint8Array.from(await source.read(0, sector));
    return growingMbrEntries(mbr, source.size).map(({ first }) => first * sector);
  }
  const whole = wholeEntry(gpt, source.size);
  return whole === undefined ? [] : [whole.first * sector];
}

/** The partition that shows the ISO and has none behind it reaches to the new end (table 5.6). */
function grownEntries(gpt: RawGpt, oldSize: number, lastUsable: number): Uint8Array {
  const entries = Uint8Array.from(gpt.entries);
  const whole = wholeEntry(gpt, oldSize);
  if (whole !== undefined)
    new DataView(entries.buffer).setBigUint64(whole.start + 40, BigInt(lastUsable), true);
  return entries;
}

/** `start` is the place of its entry. */
function wholeEntry({ entries, entrySize }: RawGpt, oldSize: number) {
  const view = new DataView(entries.buffer, entries.byteOffset);
  const rows: { start: number; first: number; last: number }[] = [];
  for (let start = 0; start + 128 <= entries.length; start += entrySize)
    if (entries.subarray(start, start + 16).some((byte) => byte !== 0))
      rows.push({
        start,
        first: Number(view.getBigUint64(start + 32, true)),
        last: Number(view.getBigUint64(start + 40, true)),
      });
  return rows.find(
    ({ first, last }) =>
      first <= volumeStart && !rows.some((row) => row.first > last) && last * sector > oldSize / 2,
  );
}

/** UEFI 2.10, 5.2: entries that end where the image ends grow with it, be they protective or the ISO's own. */
function grownMbr(mbr: Uint8Array, oldSize: number, newSize: number): Uint8Array | undefined {
  if (mbr.length < sector || mbr[510] !== 0x55 || mbr[511] !== 0xaa) return undefined;
  const view = new DataView(mbr.buffer);
  const appleMap = growAppleMap(view, oldSize, newSize);
  const growing = growingMbrEntries(mbr, oldSize);
  for (const { entry, first } of growing)
    view.setUint32(entry + 12, Math.min(0xffffffff, newSize / sector - first), true);
  return appleMap || growing.length > 0 ? mbr : undefined;
}

/** `entry` is the place in the sector, `first` the first sector of the partition. */
function growingMbrEntries(mbr: Uint8Array, oldSize: number): { entry: number; first: number }[] {
  if (mbr.length < sector || mbr[510] !== 0x55 || mbr[511] !== 0xaa) return [];
  const view = new DataView(mbr.buffer, mbr.byteOffset);
  return [446, 462, 478, 494].flatMap((entry) => {
    const [first, count] = [view.getUint32(entry + 8, true), view.getUint32(entry + 12, true)];
    return count < 2 || first > volumeStart || (first + count) * sector !== oldSize ? [] : [{ entry, first }];
  });
}

/**
 * Apple's driver descriptor map shares the sector: `ER`, block size and block count, big-endian (Inside Macintosh:
 * Devices, 3-12). Its partitions stay: what is behind the last one belongs to none.
 */
function growAppleMap(view: DataView, oldSize: number, newSize: number): boolean {
  const size = view.getUint16(2);
  if (view.getUint16(0) !== 0x4552 || size < sector || size % sector !== 0) return false;
  if (view.getUint32(4) !== Math.floor(oldSize / size)) return false;
  view.setUint32(4, Math.floor(newSize / size));
  return true;
}

function firstDifference(a: Uint8Array, b: Uint8Array): { from: number; to: number } | undefined {
  const different = a.findIndex((byte, index) => byte !== b[index]);
  if (different === -1) return undefined;
  const from = Math.floor(different / sector) * sector;
  return { from, to: Math.min(b.length, from + sector) };
}
