/**
 * Gives a file of a FAT volume other content, as pieces to be written: its clusters, the tables of clusters and its
 * record. Pages are those of Microsoft, "FAT32 File System Specification" 1.03.
 */
import type { PlacedBytes } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { chainOf, offsetOf, openVolume, type Volume, walk } from './fat-file.ts';

const largestTable = 16 * 2 ** 20;

/**
 * Offsets count from the beginning of the volume. Undefined when the file is not there, or the volume has no room for
 * it. Throws OpsError `fat-invalid` (refused).
 */
export async function changedFatFile(
  source: ByteSource,
  path: string,
  content: Uint8Array,
): Promise<PlacedBytes[] | undefined> {
  const file = await fileWithTable(source, path);
  if (file === undefined) return undefined;
  const { volume, entry, fat, old } = file;
  const before = Buffer.from(fat);
  const needed = Math.ceil(content.length / volume.clusterSize);
  const free = freeClusters(volume, fat, needed - old.length);
  if (free === undefined) return undefined;
  const chain = [...old, ...free].slice(0, needed);
  for (const cluster of old.slice(needed)) setEntry(volume, fat, cluster, 0);
  for (const [index, cluster] of chain.entries())
    if (index >= old.length - 1 || index === needed - 1)
      setEntry(volume, fat, cluster, chain[index + 1] ?? 0x0fffffff);
  return [
    ...chain.map((cluster, index) => ({
      offset: offsetOf(volume, cluster),
      bytes: filled(content.subarray(index * volume.clusterSize), volume.clusterSize),
    })),
    ...changedSectors(volume, before, fat),
    ...(free.length > 0 || old.length > needed ? await unknownFree(volume) : []),
    { offset: entry.at, bytes: await recordOf(source, entry.at, chain[0] ?? 0, content.length) },
  ];
}

/**
 * How many bytes more the volume would need for `content` at `path`, in whole clusters, and how many are free: for a
 * message where changedFatFile gives nothing. Undefined when that is not for lack of room.
 */
export async function missingRoom(
  source: ByteSource,
  path: string,
  content: Uint8Array,
): Promise<{ readonly needed: number; readonly free: number } | undefined> {
  const file = await fileWithTable(source, path);
  if (file === undefined) return undefined;
  const { volume, fat, old } = file;
  const needed = Math.ceil(content.length / volume.clusterSize) - old.length;
  let free = 0;
  for (let cluster = 2; cluster < volume.clusters + 2; cluster += 1)
    if (entryAt(volume, fat, cluster) === 0) free += 1;
  if (needed <= free) return undefined;
  return { needed: needed * volume.clusterSize, free: free * volume.clusterSize };
}

/** The record of the file, its clusters, and the first table of clusters. */
async function fileWithTable(source: ByteSource, path: string) {
  const volume = await openVolume(source);
  const entry = await walk(volume, path);
  const [table] = volume.tables;
  if (entry === undefined || entry.directory || table === undefined || table.length > largestTable)
    return undefined;
  const fat = Buffer.from(await source.read(table.offset, table.length));
  if (fat.length < table.length) return undefined;
  const old = entry.firstCluster === 0 ? [] : await chainOf(volume, entry.firstCluster, volume.clusters);
  return { volume, entry, fat, old };
}

function filled(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes.subarray(0, length));
  return whole;
}

/** That many clusters that nothing uses; undefined when there are fewer. */
function freeClusters(volume: Volume, fat: Buffer, count: number): number[] | undefined {
  const found: number[] = [];
  for (let cluster = 2; found.length < count && cluster < volume.clusters + 2; cluster += 1)
    if (entryAt(volume, fat, cluster) === 0) found.push(cluster);
  return found.length < count ? undefined : found;
}

/** Page 16: entries of 12 bits share bytes. */
function entryAt({ bits }: Volume, fat: Buffer, cluster: number): number {
  if (bits === 32) return fat.readUInt32LE(cluster * 4) & 0x0fffffff;
  if (bits === 16) return fat.readUInt16LE(cluster * 2);
  const pair = fat.readUInt16LE(Math.floor(cluster * 1.5));
  return cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
}

function setEntry({ bits }: Volume, fat: Buffer, cluster: number, value: number): void {
  if (bits === 32) {
    // The upper four bits are reserved (page 16).
    const kept = fat.readUInt32LE(cluster * 4) & 0xf0000000;
    fat.writeUInt32LE((kept | (value & 0x0fffffff)) >>> 0, cluster * 4);
  } else if (bits === 16) fat.writeUInt16LE(value & 0xffff, cluster * 2);
  else {
    const place = Math.floor(cluster * 1.5);
    const pair = fat.readUInt16LE(place);
    const own = value & 0xfff;
    fat.writeUInt16LE(cluster % 2 === 0 ? (pair & 0xf000) | own : (pair & 0x000f) | (own << 4), place);
  }
}

/** In each copy of the table. */
function changedSectors({ tables, sectorSize }: Volume, before: Buffer, after: Buffer): PlacedBytes[] {
  const pieces: PlacedBytes[] = [];
  for (let start = 0; start < after.length; start += sectorSize) {
    const bytes = after.subarray(start, start + sectorSize);
    if (bytes.equals(before.subarray(start, start + sectorSize))) continue;
    for (const { offset } of tables) pieces.push({ offset: offset + start, bytes });
  }
  return pieces;
}

/** FAT32 says how many clusters are free; all ones say that nobody knows (pages 21 and 22). */
async function unknownFree({ bits, source, sectorSize }: Volume): Promise<PlacedBytes[]> {
  if (bits !== 32) return [];
  const place = Buffer.from(await source.read(48, 2)).readUInt16LE(0) * sectorSize;
  const sector = Buffer.from(await source.read(place, 512));
  if (place === 0 || sector.length < 512 || sector.toString('latin1', 0, 4) !== 'RRaA') return [];
  return [{ offset: place + 488, bytes: Uint8Array.of(0xff, 0xff, 0xff, 0xff) }];
}

/** Page 23: first cluster in two halves, and the size. */
async function recordOf(
  source: ByteSource,
  offset: number,
  first: number,
  size: number,
): Promise<Uint8Array> {
  const record = Buffer.from(await source.read(offset, 32));
  record.writeUInt16LE(first >>> 16, 20);
  record.writeUInt16LE(first & 0xffff, 26);
  record.writeUInt32LE(size, 28);
  return record;
}
