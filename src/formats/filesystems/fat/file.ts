/**
 * Where a file lies on a FAT volume: its extents in bytes. Reads only; used to read back what was written, to find
 * the one sector that marks an installation as valid, and to look into the boot images of ISOs.
 * Layout and offsets: Microsoft, "FAT: General Overview of On-Disk Format" 1.03 (fatgen103). Little-endian.
 */
import { refused } from '../../../errors.ts';
import { type ByteRange, endOf } from '../../byte-range.ts';
import { type ByteSource, joinedRanges } from '../../bytes.ts';

export interface FatFile {
  /** Bytes, as the directory says. */
  readonly size: number;
  /** In file order; their lengths add up to `size`. Neighbouring clusters are one extent. */
  readonly extents: readonly ByteRange[];
}

/** Where a file has its record of 32 bytes, and what that says of it. */
export interface FatEntry {
  /** Byte offset in the volume. */
  readonly at: number;
  /** Bytes of a logical sector: what reaches a disk as a whole. */
  readonly sectorSize: number;
  readonly directory: boolean;
  readonly firstCluster: number;
  readonly size: number;
}

export interface Volume {
  readonly source: ByteSource;
  readonly sectorSize: number;
  readonly clusterSize: number;
  readonly clusters: number;
  /** Of an entry of the FAT: 12, 16 or 32. */
  readonly bits: number;
  /** Each copy of the FAT, the one that counts first. */
  readonly tables: readonly ByteRange[];
  /** 0 for a root of FAT12 and FAT16, which is no cluster. */
  readonly rootCluster: number;
  readonly fixedRoot: ByteRange;
  /** Byte offset of the first data cluster, number 2. */
  readonly dataStart: number;
  /** The FAT entry of a cluster, as 28 bits whatever the type. */
  next(cluster: number): Promise<number>;
}

interface DirectoryEntry {
  /** Byte offset of its record in the volume. */
  readonly at: number;
  readonly name: string;
  readonly shortName: string;
  readonly directory: boolean;
  readonly firstCluster: number;
  readonly size: number;
}

/** Directories are at most 65,536 entries of 32 bytes (page 34). */
const directoryLimit = 65_536 * 32;
/** Bytes of the FAT that are read at once. */
const fatBlock = 65_536;

/**
 * Finds `path` (parts divided by `/`, compared without regard to case) in the FAT volume that starts at byte 0 of
 * `source`. Undefined when no such file exists; throws OpsError `fat-invalid` (refused) when the volume is damaged
 * or is no FAT.
 */
export async function locateFatFile(source: ByteSource, path: string): Promise<FatFile | undefined> {
  const volume = await openVolume(source);
  const entry = await walk(volume, path);
  if (entry === undefined || entry.directory) return undefined;
  return { size: entry.size, extents: await extentsOf(volume, entry.firstCluster, entry.size) };
}

/** The content of a file, not read yet; undefined and errors as of locateFatFile. */
export async function openFatFile(source: ByteSource, path: string): Promise<ByteSource | undefined> {
  const file = await locateFatFile(source, path);
  return file && joinedRanges(source, file.extents);
}

/** The record of the file or folder at `path`; undefined and errors as of locateFatFile. */
export async function locateFatEntry(source: ByteSource, path: string): Promise<FatEntry | undefined> {
  const volume = await openVolume(source);
  const entry = await walk(volume, path);
  if (entry === undefined) return undefined;
  const { directory, firstCluster, size } = entry;
  return { at: entry.at, sectorSize: volume.sectorSize, directory, firstCluster, size };
}

/** The names in the folder at `path` and what they are; empty when there is none. Errors as of locateFatFile. */
export async function listFatFolder(
  source: ByteSource,
  path: string,
): Promise<{ readonly name: string; readonly directory: boolean }[]> {
  const volume = await openVolume(source);
  const folder =
    path === '' ? { directory: true, firstCluster: volume.rootCluster } : await walk(volume, path);
  if (!folder?.directory) return [];
  const found: { name: string; directory: boolean }[] = [];
  for await (const { name, directory } of entriesOf(volume, folder.firstCluster))
    if (name !== '.' && name !== '..') found.push({ name, directory });
  return found;
}

export async function walk(volume: Volume, path: string): Promise<DirectoryEntry | undefined> {
  const parts = path.split('/').filter((part) => part !== '');
  let cluster = volume.rootCluster;
  for (const [index, part] of parts.entries()) {
    const entry = await findEntry(volume, cluster, part);
    if (entry === undefined || index === parts.length - 1) return entry;
    if (!entry.directory) return undefined;
    // A subdirectory's cluster is never 0 on the way down, only in `..` (page 25).
    cluster = entry.firstCluster;
  }
  return undefined;
}

/** The content of a file on the volume, or undefined when it is not there; `limit` bytes at most. */
export async function readFatFile(
  source: ByteSource,
  path: string,
  limit = 64 * 1024 * 1024,
): Promise<Uint8Array | undefined> {
  const file = await locateFatFile(source, path);
  if (file === undefined) return undefined;
  if (file.size > limit) throw invalid(`${path} is larger than ${limit} bytes`);
  const bytes = new Uint8Array(file.size);
  let done = 0;
  for (const extent of file.extents) {
    bytes.set(await readFully(source, extent.offset, extent.length), done);
    done += extent.length;
  }
  return bytes;
}

export async function openVolume(source: ByteSource): Promise<Volume> {
  const boot = view(await readFully(source, 0, 512));
  const sectorSize = boot.getUint16(11, true);
  const sectorsPerCluster = boot.getUint8(13);
  const reserved = boot.getUint16(14, true);
  const fats = boot.getUint8(16);
  const rootEntries = boot.getUint16(17, true);
  const totalSectors = boot.getUint16(19, true) || boot.getUint32(32, true);
  const isFat32 = boot.getUint16(22, true) === 0;
  const fatSectors = isFat32 ? boot.getUint32(36, true) : boot.getUint16(22, true);
  if (boot.getUint16(510, true) !== 0xaa55) throw invalid('it has no boot sector signature');
  if (![512, 1024, 2048, 4096].includes(sectorSize)) throw invalid(`sector size ${sectorSize}`);
  if (sectorsPerCluster === 0 || (sectorsPerCluster & (sectorsPerCluster - 1)) !== 0)
    throw invalid(`${sectorsPerCluster} sectors per cluster`);
  // FAT12 and FAT16 have a fixed root directory and a 16-bit FAT size; FAT32 has 0 in both (page 11).
  if ((rootEntries === 0) !== isFat32) throw invalid('it is not FAT12, FAT16 or FAT32');
  if (reserved === 0 || fats === 0 || fatSectors === 0) throw invalid('it has no allocation table');
  const fatStart = reserved * sectorSize;
  const rootSize = Math.ceil((rootEntries * 32) / sectorSize) * sectorSize;
  const rootStart = fatStart + fats * fatSectors * sectorSize;
  const dataSectors = totalSectors - reserved - fats * fatSectors - rootSize / sectorSize;
  if (dataSectors <= 0) throw invalid('it has no room for data');
  const counted = Math.floor(dataSectors / sectorsPerCluster);
  // Page 14: the count of clusters alone tells FAT12 from FAT16.
  const bits = isFat32 ? 32 : counted < 4085 ? 12 : 16;
  const clusters = Math.min(counted, Math.floor((fatSectors * sectorSize * 8) / bits) - 2);

  let held: { readonly block: number; readonly bytes: DataView } | undefined;
  return {
    source,
    sectorSize,
    clusterSize: sectorSize * sectorsPerCluster,
    clusters,
    bits,
    tables: Array.from({ length: fats }, (_, index) => ({
      offset: fatStart + index * fatSectors * sectorSize,
      length: fatSectors * sectorSize,
    })),
    rootCluster: isFat32 ? boot.getUint32(44, true) : 0,
    fixedRoot: { offset: rootStart, length: rootSize },
    dataStart: rootStart + rootSize,
    async next(cluster) {
      const offset = Math.floor((cluster * bits) / 8);
      const block = Math.floor(offset / fatBlock);
      if (held?.block !== block) {
        const length = Math.min(fatBlock, fatSectors * sectorSize - block * fatBlock);
        held = { block, bytes: view(await readFully(source, fatStart + block * fatBlock, length)) };
      }
      // The upper four bits are reserved (page 16).
      if (bits === 32) return held.bytes.getUint32(offset % fatBlock, true) & 0x0fffffff;
      // A table of FAT12 is smaller than a block, so that no entry lies in two (page 16).
      const pair = held.bytes.getUint16(offset % fatBlock, true);
      const entry = bits === 16 ? pair : cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
      const last = bits === 16 ? 0xfff8 : 0xff8;
      return entry >= last ? 0x0fffffff : entry;
    },
  };
}

/** The clusters of a chain, at most `limit`; throws on a loop, a free or a bad cluster inside it. */
export async function chainOf(volume: Volume, first: number, limit: number): Promise<number[]> {
  const chain: number[] = [];
  for (let cluster = first; cluster < 0x0ffffff8; cluster = await volume.next(cluster)) {
    if (cluster < 2 || cluster >= volume.clusters + 2) throw invalid(`a chain leads to cluster ${cluster}`);
    if (chain.length >= limit) throw invalid('a chain is longer than its file');
    chain.push(cluster);
  }
  return chain;
}

async function extentsOf(volume: Volume, first: number, size: number): Promise<ByteRange[]> {
  if (size === 0) return [];
  const needed = Math.ceil(size / volume.clusterSize);
  const chain = await chainOf(volume, first, needed);
  if (chain.length < needed) throw invalid('a file is longer than its chain');
  const extents: { offset: number; length: number }[] = [];
  let left = size;
  for (const cluster of chain) {
    const offset = offsetOf(volume, cluster);
    const length = Math.min(left, volume.clusterSize);
    const last = extents.at(-1);
    if (last !== undefined && endOf(last) === offset) last.length += length;
    else extents.push({ offset, length });
    left -= length;
  }
  return extents;
}

async function findEntry(volume: Volume, first: number, name: string): Promise<DirectoryEntry | undefined> {
  const wanted = name.toUpperCase();
  for await (const entry of entriesOf(volume, first))
    if ([entry.name, entry.shortName].some((spelling) => spelling.toUpperCase() === wanted)) return entry;
  return undefined;
}

/** What a directory lists, without its volume label. */
async function* entriesOf(volume: Volume, first: number): AsyncGenerator<DirectoryEntry> {
  const longName: string[] = [];
  for (const extent of await directoryOf(volume, first)) {
    const bytes = await readFully(volume.source, extent.offset, extent.length);
    for (let position = 0; position + 32 <= bytes.length; position += 32) {
      const record = bytes.subarray(position, position + 32);
      // First byte 0: no entry from here on; 0xE5: a deleted one (page 23).
      if (record[0] === 0) return;
      const attributes = record[11] ?? 0;
      if (record[0] === 0xe5) longName.length = 0;
      else if ((attributes & 0x3f) === 0x0f) longName.unshift(longNamePart(record));
      else {
        const entry = parseEntry(record, longName.join(''), extent.offset + position);
        longName.length = 0;
        if ((attributes & 0x08) === 0) yield entry;
      }
    }
  }
}

async function directoryOf(volume: Volume, first: number): Promise<ByteRange[]> {
  if (first === 0 && volume.rootCluster === 0) return [volume.fixedRoot];
  const chain = await chainOf(volume, first, Math.ceil(directoryLimit / volume.clusterSize));
  return chain.map((cluster) => ({ offset: offsetOf(volume, cluster), length: volume.clusterSize }));
}

function parseEntry(record: Uint8Array, longName: string, offset: number): DirectoryEntry {
  const fields = view(record);
  const text = String.fromCharCode(...record.subarray(0, 11));
  const base = text.slice(0, 8).trimEnd();
  const extension = text.slice(8, 11).trimEnd();
  const shortName = extension === '' ? base : `${base}.${extension}`;
  // Two bits say which part of a short name is shown in lower case (Linux, fs/fat/dir.c; not in the specification).
  const shown = [
    (record[12] ?? 0) & 0x08 ? base.toLowerCase() : base,
    ...(extension === '' ? [] : [(record[12] ?? 0) & 0x10 ? extension.toLowerCase() : extension]),
  ].join('.');
  return {
    at: offset,
    name: longName === '' ? shown : longName,
    shortName,
    directory: (fields.getUint8(11) & 0x10) !== 0,
    firstCluster: ((fields.getUint16(20, true) << 16) | fields.getUint16(26, true)) >>> 0,
    size: fields.getUint32(28, true),
  };
}

/** Thirteen UTF-16 units in three places, ended by 0 and padded with 0xFFFF (page 28). */
function longNamePart(record: Uint8Array): string {
  const fields = view(record);
  const units = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30].map((field) => fields.getUint16(field, true));
  const end = units.indexOf(0);
  return String.fromCharCode(...(end === -1 ? units : units.slice(0, end)));
}

export const offsetOf = (volume: Volume, cluster: number) =>
  volume.dataStart + (cluster - 2) * volume.clusterSize;

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function readFully(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length < length) throw invalid(`it ends at byte ${offset + bytes.length}`);
  return bytes;
}

const invalid = (what: string) =>
  refused('fat-invalid', `The FAT file system cannot be read: ${what}`, {
    hint: 'The EFI system partition is damaged; install again.',
  });
