/**
 * A UDF file system beside ISO 9660 in the same image ("bridge"), as far as changing the image needs it: whether it is
 * there, what its root lists, and what readers recognise it by. Sections are those of ECMA-167, 3rd edition.
 */
import type { ByteSource } from '../bytes.ts';

export interface Udf {
  /** Without these sectors, given by their offsets in bytes, no reader takes the image for UDF. */
  readonly marks: readonly number[];
  /** Names in its root; undefined when it cannot be read. */
  readonly root: readonly string[] | undefined;
}

const sector = 2048;
/** How many sectors behind the descriptors of ISO 9660 the recognition sequence may take (2/8.3). */
const recognitionSectors = 32;
const tags = {
  anchor: 2,
  partition: 5,
  logicalVolume: 6,
  terminator: 8,
  fileSet: 256,
  identifier: 257,
} as const;
const maximumDescriptors = 64;
const directoryLimit = 2 ** 20;

/** Undefined for an image without UDF; `behind` is where the descriptors of ISO 9660 end. */
export async function readUdf(source: ByteSource, behind: number): Promise<Udf | undefined> {
  const recognition: number[] = [];
  const bytes = Buffer.from(await source.read(behind, recognitionSectors * sector));
  for (let offset = 0; offset + sector <= bytes.length; offset += sector) {
    const name = bytes.toString('latin1', offset + 1, offset + 6);
    if (!/^(BEA01|NSR0[23]|TEA01|BOOT2)$/.test(name)) break;
    if (name !== 'BOOT2') recognition.push(behind + offset);
  }
  if (recognition.length === 0) return undefined;
  const anchors: number[] = [];
  // 3/8.4.2.1: two of these three; 512 is where some writers have one.
  const last = Math.floor(source.size / sector) - 1;
  for (const place of new Set([256, 512, last, last - 256]))
    if (place > 0 && tagOf(await read(source, place), place) === tags.anchor) anchors.push(place * sector);
  const [anchor] = anchors;
  const root = anchor === undefined ? undefined : await rootNames(source, anchor / sector);
  return { marks: [...recognition, ...anchors], root };
}

const read = async (source: ByteSource, place: number): Promise<Buffer> =>
  Buffer.from(await source.read(place * sector, sector));

/** 3/7.2: the checksum is over the other bytes of the tag; `place` is where it says that it lies. */
function tagOf(bytes: Buffer, place: number): number | undefined {
  if (bytes.length < sector || bytes.readUInt32LE(12) !== place) return undefined;
  let sum = 0;
  for (let index = 0; index < 16; index += 1) sum += index === 4 ? 0 : (bytes[index] ?? 0);
  return (sum & 0xff) === bytes[4] ? bytes.readUInt16LE(0) : undefined;
}

async function rootNames(source: ByteSource, anchor: number): Promise<string[] | undefined> {
  const head = await read(source, anchor);
  const [length, first] = [head.readUInt32LE(16), head.readUInt32LE(20)];
  let start: number | undefined;
  let fileSet: number | undefined;
  for (let index = 0; index < Math.min(length / sector, maximumDescriptors); index += 1) {
    const bytes = await read(source, first + index);
    const tag = tagOf(bytes, first + index);
    if (tag === undefined || tag === tags.terminator) break;
    // 3/10.5.9; 4/3.1: a long_ad in the contents use of the logical volume.
    if (tag === tags.partition) start ??= bytes.readUInt32LE(188);
    if (tag === tags.logicalVolume && bytes.readUInt32LE(212) === sector) fileSet ??= bytes.readUInt32LE(252);
  }
  if (start === undefined || fileSet === undefined) return undefined;
  const set = await read(source, start + fileSet);
  if (tagOf(set, fileSet) !== tags.fileSet) return undefined;
  // 4/14.1.15
  return namesIn(source, start, set.readUInt32LE(404));
}

/** The names of the directory whose file entry lies in this block of the partition. */
async function namesIn(source: ByteSource, start: number, block: number): Promise<string[] | undefined> {
  const entry = await read(source, start + block);
  const tag = tagOf(entry, block);
  // 4/14.9 and 4/14.17, file entry and extended file entry
  const fields = tag === 261 ? 168 : tag === 266 ? 208 : undefined;
  if (fields === undefined) return undefined;
  const begin = fields + 8 + entry.readUInt32LE(fields);
  const end = Math.min(sector, begin + entry.readUInt32LE(fields + 4));
  // 4/14.6.8: short and long descriptors of extents, or the content itself
  const kind = entry.readUInt16LE(34) & 7;
  if (kind === 3) return identifiersOf(entry.subarray(begin, end));
  if (kind > 1) return undefined;
  const parts: Uint8Array[] = [];
  let left = directoryLimit;
  for (let place = begin; place + 8 <= end; place += kind === 0 ? 8 : 16) {
    const length = Math.min(entry.readUInt32LE(place) & 0x3fffffff, left);
    parts.push(await source.read((start + entry.readUInt32LE(place + 4)) * sector, length));
    left -= length;
  }
  return identifiersOf(Buffer.concat(parts));
}

/** 4/14.4: file identifier descriptors, each padded to four bytes; names in one or two bytes for each letter. */
function identifiersOf(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let place = 0; place + 38 <= bytes.length; ) {
    if (bytes.readUInt16LE(place) !== tags.identifier) break;
    const [flags, nameLength, useLength] = [
      bytes[place + 18] ?? 0,
      bytes[place + 19] ?? 0,
      bytes.readUInt16LE(place + 36),
    ];
    const name = bytes.subarray(place + 38 + useLength, place + 38 + useLength + nameLength);
    // Deleted ones and the parent are no entries.
    if ((flags & 0x0c) === 0 && name.length > 1) names.push(lettersOf(name));
    place += (38 + nameLength + useLength + 3) & ~3;
  }
  return names;
}

function lettersOf(name: Buffer): string {
  const letters = name.subarray(1);
  if (name[0] === 8) return letters.toString('latin1');
  return Buffer.from(letters.subarray(0, letters.length & ~1))
    .swap16()
    .toString('utf16le');
}
