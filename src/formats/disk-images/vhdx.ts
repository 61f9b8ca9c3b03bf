/**
 * Writes a virtual disk as a dynamic VHDX with an empty log. After Microsoft, [MS-VHDX] "Virtual Hard Disk v2 (VHDX) File
 * Format", whose sections are cited. Numbers are little-endian.
 */
import { type ByteRange, endOf } from '../byte-range.ts';
import { crc32c } from '../crc32c.ts';
import { encodeGuid } from '../partition-tables/guid.ts';
import { blocksOf, countOf, type Part, piecesOf, type VirtualDisk } from './virtual-disk.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
/** 2.6.2.1, the smallest: what Microsoft advises for file systems of Linux, which spread over the disk. */
const blockSize = MiB;
/** 2.5: after so many entries for blocks comes one for a bitmap of sectors, which only a differencing disk has. */
const chunkRatio = (2 ** 23 * 512) / blockSize;
const logOffset = MiB;
const metadataOffset = 2 * MiB;
const batOffset = 3 * MiB;
/** 2.5.1.1 */
const fullyPresent = 6n;

const regions = {
  bat: '2dc27766-f623-4200-9d64-115e9bfd4a08',
  metadata: '8b7ca206-4790-4b9a-b8fe-575f050f886e',
} as const;

export interface VhdxIdentity {
  /** Of the disk, and of this file. */
  readonly disk: string;
  readonly file: string;
}

/** The parts of the file. */
export async function* vhdxParts(disk: VirtualDisk, identity: VhdxIdentity): AsyncGenerator<Part> {
  const data = blocksOf(disk, blockSize);
  const payload = Math.ceil(disk.size / blockSize);
  const entries = payload + Math.floor((payload - 1) / chunkRatio);
  const batLength = Math.ceil((entries * 8) / MiB) * MiB;
  yield headerSection(identity, batLength);
  yield { hole: metadataOffset - logOffset };
  yield metadata(disk.size, identity);
  yield allocationTable(data, batLength);
  if (countOf(data, blockSize) === 0) return;
  for await (const { bytes } of piecesOf(disk, data)) yield bytes;
}

/** 2.2: identifier, two headers, two region tables, each on its 64 KiB. */
function headerSection(identity: VhdxIdentity, batLength: number): Buffer {
  const bytes = Buffer.alloc(MiB);
  bytes.write('vhdxfile', 0, 'latin1');
  bytes.write('opsctl', 8, 'utf16le');
  const table = regionTable(batLength);
  for (const copy of [0, 1]) {
    // The one with the higher number counts.
    bytes.set(header(identity, BigInt(copy + 1)), (1 + copy) * 64 * KiB);
    bytes.set(table, (3 + copy) * 64 * KiB);
  }
  return bytes;
}

/** 2.2.2. Without a GUID of the log there is nothing in it to replay. */
function header({ file }: VhdxIdentity, sequence: bigint): Buffer {
  const bytes = Buffer.alloc(4 * KiB);
  bytes.write('head', 0, 'latin1');
  bytes.writeBigUInt64LE(sequence, 8);
  bytes.set(encodeGuid(file), 16);
  bytes.set(encodeGuid(file), 32);
  // Version, and the length and place of the log.
  bytes.writeUInt16LE(1, 66);
  bytes.writeUInt32LE(MiB, 68);
  bytes.writeBigUInt64LE(BigInt(logOffset), 72);
  return summed(bytes);
}

/** 2.2.3 */
function regionTable(batLength: number): Buffer {
  const bytes = Buffer.alloc(64 * KiB);
  bytes.write('regi', 0, 'latin1');
  bytes.writeUInt32LE(2, 8);
  const rows = [
    [regions.bat, batOffset, batLength],
    [regions.metadata, metadataOffset, MiB],
  ] as const;
  for (const [index, [guid, offset, length]] of rows.entries()) {
    const start = 16 + index * 32;
    bytes.set(encodeGuid(guid), start);
    bytes.writeBigUInt64LE(BigInt(offset), start + 16);
    bytes.writeUInt32LE(length, start + 24);
    // A reader has to know it.
    bytes.writeUInt32LE(1, start + 28);
  }
  return summed(bytes);
}

/** Both have their CRC-32C at byte 4, taken with zeros in its place. */
function summed(bytes: Buffer): Buffer {
  bytes.writeUInt32LE((crc32c(0xffffffff, bytes) ^ 0xffffffff) >>> 0, 4);
  return bytes;
}

/** 2.6: the table, and from 64 KiB on the items. */
function metadata(size: number, { disk }: VhdxIdentity): Buffer {
  const number = (value: number, length: 4 | 8) => {
    const bytes = Buffer.alloc(length);
    bytes.writeUIntLE(value, 0, length === 4 ? 4 : 6);
    return bytes;
  };
  // 2.6.1.2: a user's own item, of the virtual disk, one that a reader has to know.
  const [isVirtualDisk, isRequired] = [2, 4];
  const items = [
    // File parameters: the size of a block; neither fixed nor differencing.
    ['caa16737-fa36-4d43-b3b6-33f0aa44e76b', isRequired, Buffer.concat([number(blockSize, 4), number(0, 4)])],
    ['2fa54224-cd1b-4876-b211-5dbed83bf4b8', isRequired | isVirtualDisk, number(size, 8)],
    ['beca12ab-b2e6-4523-93ef-c309e000c746', isRequired | isVirtualDisk, encodeGuid(disk)],
    // Sectors: logical, physical.
    ['8141bf1d-a96f-4709-ba47-f233a8faab5f', isRequired | isVirtualDisk, number(512, 4)],
    ['cda348c7-445d-4471-9cc9-e9885251c556', isRequired | isVirtualDisk, number(4096, 4)],
  ] as const;
  const bytes = Buffer.alloc(MiB);
  bytes.write('metadata', 0, 'latin1');
  bytes.writeUInt16LE(items.length, 10);
  let offset = 64 * KiB;
  for (const [index, [guid, flags, content]] of items.entries()) {
    const start = 32 + index * 32;
    bytes.set(encodeGuid(guid), start);
    bytes.writeUInt32LE(offset, start + 16);
    bytes.writeUInt32LE(content.length, start + 20);
    bytes.writeUInt32LE(flags, start + 24);
    bytes.set(content, offset);
    offset += content.length;
  }
  return bytes;
}

/** 2.5.1: where each block lies, in MiB, and its state. */
function allocationTable(data: readonly ByteRange[], length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let place = batOffset + length;
  for (const range of data)
    for (let block = range.offset / blockSize; block < endOf(range) / blockSize; block += 1) {
      const entry = block + Math.floor(block / chunkRatio);
      bytes.writeBigUInt64LE(BigInt(place) | fullyPresent, entry * 8);
      place += blockSize;
    }
  return bytes;
}
