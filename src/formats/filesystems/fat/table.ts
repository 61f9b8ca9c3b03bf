/**
 * The allocation table of a FAT volume in memory: what is free is taken, what changed is written to each of its copies.
 * Pages are those of Microsoft, "FAT32 File System Specification" 1.03. Little-endian.
 */
import type { PlacedBytes } from '../../byte-range.ts';
import type { Volume } from './file.ts';

/** Ends a chain (page 18). */
const endOfChain = 0x0fffffff;
const largestTable = 16 * 2 ** 20;

export interface FatTable {
  /** The entry of a cluster, without the four reserved bits of FAT32; 0 is a free one. */
  at(cluster: number): number;
  /** How many clusters nothing uses. */
  countFree(): number;
  /** The first `count` clusters that nothing uses, in order; undefined when there are fewer. They stay free. */
  findFree(count: number): number[] | undefined;
  /** Makes the clusters one chain, in this order, that ends with the last. */
  link(chain: readonly number[]): void;
  free(clusters: readonly number[]): void;
  /** The sectors that differ from those of the volume, for each copy of the table, and the count of free clusters. */
  changes(): Promise<PlacedBytes[]>;
}

/** Undefined for a table of more than 16 MiB, or one that is cut short. Throws what reading does. */
export async function readFatTable(volume: Volume): Promise<FatTable | undefined> {
  const [first] = volume.tables;
  if (first === undefined || first.length > largestTable) return undefined;
  const fat = Buffer.from(await volume.source.read(first.offset, first.length));
  if (fat.length < first.length) return undefined;
  const before = Buffer.from(fat);
  const last = volume.clusters + 1;
  const at = (cluster: number) => entryAt(volume, fat, cluster);
  const countFree = () => {
    let free = 0;
    for (let cluster = 2; cluster <= last; cluster += 1) if (at(cluster) === 0) free += 1;
    return free;
  };
  return {
    at,
    countFree,
    findFree(count) {
      const found: number[] = [];
      for (let cluster = 2; found.length < count && cluster <= last; cluster += 1)
        if (at(cluster) === 0) found.push(cluster);
      return found.length < count ? undefined : found;
    },
    link(chain) {
      for (const [index, cluster] of chain.entries())
        setEntry(volume, fat, cluster, chain[index + 1] ?? endOfChain);
    },
    free(clusters) {
      for (const cluster of clusters) setEntry(volume, fat, cluster, 0);
    },
    async changes() {
      const sectors = changedSectors(volume, before, fat);
      return sectors.length === 0 ? [] : [...sectors, ...(await freeCount(volume, countFree))];
    },
  };
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
    for (const { offset } of tables) pieces.push({ offset: offset + start, bytes: Buffer.from(bytes) });
  }
  return pieces;
}

/** FAT32 says how many clusters are free (FSI_Free_Count, pages 21 and 22). */
async function freeCount(
  { bits, source, sectorSize }: Volume,
  countFree: () => number,
): Promise<PlacedBytes[]> {
  if (bits !== 32) return [];
  const place = Buffer.from(await source.read(48, 2)).readUInt16LE(0) * sectorSize;
  const sector = Buffer.from(await source.read(place, 512));
  if (place === 0 || sector.length < 512 || sector.toString('latin1', 0, 4) !== 'RRaA') return [];
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(countFree());
  return [{ offset: place + 488, bytes }];
}
