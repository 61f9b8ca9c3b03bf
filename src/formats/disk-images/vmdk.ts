/**
 * Writes a virtual disk as VMDK for streaming (`streamOptimized`): compressed grains, their tables behind them, and at
 * the end a footer that says where these are. After VMware, "Virtual Disk Format 5.0", sections "Hosted Sparse Extent"
 * and "Stream-Optimized Compressed Sparse Extents". Numbers are little-endian, places and sizes in sectors of 512 bytes.
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { blocksOf, type Part, piecesOf, type VirtualDisk } from './virtual-disk.ts';

const sector = 512;
const grain = 64 * 2 ** 10;
const grainSectors = grain / sector;
/** "numGTEsPerGT" */
const tableEntries = 512;
const covered = tableEntries * grain;
/** "overHead": where the grains begin, on a grain of its own. The descriptor lies before. */
const overhead = grainSectors;
const descriptorSectors = 20;
/** Compressed at the same time, on other threads. */
const together = 8;
/** "Markers" */
const marker = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const;

export interface VmdkIdentity {
  /** 32 bits: "the CID". */
  readonly contentId: number;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
}

/** The parts of the file. */
export async function* vmdkParts(disk: VirtualDisk, identity: VmdkIdentity): AsyncGenerator<Part> {
  const directory = new Uint32Array(Math.ceil(disk.size / covered));
  let table = new Uint32Array(tableEntries);
  let [current, place] = [-1, overhead];
  /** The grain table that is complete, where it has something. */
  const finished = (): Buffer[] => {
    if (current < 0) return [];
    const bytes = markedTable(marker.grainTable, table);
    directory[current] = place + 1;
    place += bytes.length / sector;
    table = new Uint32Array(tableEntries);
    return [bytes];
  };
  const head = Buffer.alloc(overhead * sector);
  head.set(header(disk.size, 0xffff_ffff_ffff_ffffn));
  head.set(descriptor(disk.size, identity), sector);
  yield head;
  for await (const { offset, bytes } of packedGrains(disk)) {
    const index = Math.floor(offset / covered);
    if (index !== current) yield* finished();
    current = index;
    table[(offset % covered) / grain] = place;
    place += bytes.length / sector;
    yield bytes;
  }
  yield* finished();
  const tables = markedTable(marker.grainDirectory, directory);
  yield tables;
  const footer = Buffer.alloc(3 * sector);
  footer.set(markerOf(marker.footer, 1));
  footer.set(header(disk.size, BigInt(place + 1)), sector);
  // The last sector, the marker of the end, is all zeros.
  yield footer;
}

const packed = promisify(deflate);

/** Each grain that is not a hole with its marker: where it is from, its size, and a stream of zlib. */
async function* packedGrains(disk: VirtualDisk): AsyncGenerator<{ offset: number; bytes: Buffer }> {
  for await (const { offset, bytes } of piecesOf(disk, blocksOf(disk, grain), together * grain)) {
    const starts = Array.from({ length: bytes.length / grain }, (_, index) => index * grain);
    const streams = await Promise.all(starts.map((start) => packed(bytes.subarray(start, start + grain))));
    for (const [index, stream] of streams.entries()) {
      const whole = Buffer.alloc(Math.ceil((12 + stream.length) / sector) * sector);
      const start = offset + index * grain;
      whole.writeBigUInt64LE(BigInt(start / sector), 0);
      whole.writeUInt32LE(stream.length, 8);
      whole.set(stream, 12);
      yield { offset: start, bytes: whole };
    }
  }
}

/** "SparseExtentHeader"; `directory` is where the grain directory lies, all ones for "see the footer". */
function header(size: number, directory: bigint): Buffer {
  const bytes = Buffer.alloc(sector);
  bytes.write('KDMV', 0, 'latin1');
  bytes.writeUInt32LE(3, 4);
  // Bit 0: the line ends below can be checked; bit 16: grains are compressed; bit 17: there are markers.
  bytes.writeUInt32LE(0x30001, 8);
  bytes.writeBigUInt64LE(BigInt(Math.ceil(size / sector)), 12);
  bytes.writeBigUInt64LE(BigInt(grainSectors), 20);
  bytes.writeBigUInt64LE(1n, 28);
  bytes.writeBigUInt64LE(BigInt(descriptorSectors), 36);
  bytes.writeUInt32LE(tableEntries, 44);
  bytes.writeBigUInt64LE(directory, 56);
  bytes.writeBigUInt64LE(BigInt(overhead), 64);
  // A transfer that changes line ends would show here.
  bytes.write('\n \r\n', 73, 'latin1');
  // "compressAlgorithm": deflate.
  bytes.writeUInt16LE(1, 77);
  return bytes;
}

/** Section "The Descriptor File", embedded. The geometry is what VMware gives to disks on LSI Logic. */
function descriptor(size: number, { contentId, uuid }: VmdkIdentity): Buffer {
  const sectors = Math.ceil(size / sector);
  const id = Buffer.from(uuid).toString('hex').match(/../g) ?? [];
  const text = [
    '# Disk DescriptorFile',
    'version=1',
    `CID=${contentId.toString(16).padStart(8, '0')}`,
    'parentCID=ffffffff',
    'createType="streamOptimized"',
    '',
    '# Extent description',
    `RDONLY ${sectors} SPARSE "disk.vmdk"`,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.adapterType = "lsilogic"',
    `ddb.geometry.cylinders = "${Math.min(65535, Math.ceil(sectors / (255 * 63)))}"`,
    'ddb.geometry.heads = "255"',
    'ddb.geometry.sectors = "63"',
    `ddb.uuid = "${id.slice(0, 8).join(' ')}-${id.slice(8).join(' ')}"`,
    'ddb.virtualHWVersion = "10"',
    '',
  ].join('\n');
  return Buffer.from(text);
}

const markerOf = (type: number, sectors: number): Buffer => {
  const bytes = Buffer.alloc(sector);
  bytes.writeBigUInt64LE(BigInt(sectors), 0);
  bytes.writeUInt32LE(type, 12);
  return bytes;
};

/** A table of sectors' numbers, in whole sectors, behind its marker. */
function markedTable(type: number, entries: Uint32Array): Buffer {
  const bytes = Buffer.alloc(sector + Math.ceil((entries.length * 4) / sector) * sector);
  bytes.set(markerOf(type, bytes.length / sector - 1));
  for (const [index, entry] of entries.entries()) bytes.writeUInt32LE(entry, sector + index * 4);
  return bytes;
}
