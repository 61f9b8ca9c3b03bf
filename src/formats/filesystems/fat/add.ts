/**
 * New files and folders on a FAT32 volume, as pieces to be written: first what they hold, then the records that give them
 * their names. Pages are those of Microsoft, "FAT32 File System Specification" 1.03.
 */
import { dirname } from 'node:path/posix';
import { refused } from '../../../errors.ts';
import type { PlacedBytes } from '../../byte-range.ts';
import type { ByteSource } from '../../bytes.ts';
import { formatBytes } from '../../size.ts';
import { chainOf, offsetOf, openVolume, type Volume, walk } from './file.ts';
import { deletedRecord, dotRecords, fatRecord, recordSize } from './record.ts';
import { type FatTable, readFatTable } from './table.ts';

export interface NewFatEntry {
  /** Its folder is there, or comes before it in the list. The name is of the form 8.3. */
  readonly path: string;
  /** Undefined for a folder. */
  readonly bytes?: Uint8Array;
}

export interface Addition {
  /** Clusters and tables. Nothing on the volume leads to them yet, but for a folder that had to grow. */
  readonly contents: readonly PlacedBytes[];
  /** One for each entry, in their order, of 32 bytes: within a sector. */
  readonly records: readonly PlacedBytes[];
}

/**
 * What is to be written into the volume that begins at byte 0 of `source`, `time` in seconds since 1970. Throws OpsError
 * (refused): `fat-invalid`, `fat-unsuitable`, `fat-full`; RangeError for a name that is not of the form 8.3, that is there already, or whose
 * folder is not.
 */
export async function addedToFat(
  source: ByteSource,
  entries: readonly NewFatEntry[],
  time: number,
): Promise<Addition> {
  const volume = await openVolume(source);
  const table = volume.bits === 32 ? await readFatTable(volume) : undefined;
  if (table === undefined)
    throw refused(
      'fat-unsuitable',
      'The FAT file system is not FAT32, or has more clusters than can be looked through',
      {
        hint: 'An EFI system partition must be FAT32, and 16 GB are enough for any.',
      },
    );
  const contents: PlacedBytes[] = [];
  const records: PlacedBytes[] = [];
  const folders = new Map<string, Folder>();
  const added = new Set<string>();
  for (const { path, bytes } of entries) {
    const folder = await folderOf(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (added.has(path.toUpperCase()) || (await walk(volume, path)) !== undefined)
      throw new RangeError(`${path} is there already`);
    added.add(path.toUpperCase());
    const chain = take(volume, table, bytes === undefined ? 1 : Math.ceil(bytes.length / volume.clusterSize));
    const [firstCluster = 0] = chain;
    const at = freeRecord(volume, table, folder, contents);
    const size = bytes?.length ?? 0;
    const record = fatRecord({ name, folder: bytes === undefined, firstCluster, size, time });
    records.push({ offset: at, bytes: record });
    const parent = folder.first === volume.rootCluster ? 0 : folder.first;
    const held = bytes ?? dotRecords(firstCluster, parent, time);
    contents.push(...placed(volume, chain, held));
    if (bytes === undefined)
      folders.set(path.toUpperCase(), { first: firstCluster, clusters: chain, used: [true, true] });
  }
  return { contents: [...contents, ...(await table.changes())], records };

  async function folderOf(path: string): Promise<Folder> {
    const name = dirname(path).toUpperCase();
    const known = folders.get(name);
    if (known !== undefined) return known;
    const entry = name === '.' ? undefined : await walk(volume, name);
    if (name !== '.' && !entry?.directory) throw new RangeError(`the folder of ${path} is not there`);
    const read = await readFolder(volume, entry?.firstCluster ?? volume.rootCluster, contents);
    folders.set(name, read);
    return read;
  }
}

/** A folder, and which of its places for records are taken, in order; those behind the last are free. */
interface Folder {
  readonly first: number;
  readonly clusters: number[];
  readonly used: boolean[];
}

/**
 * A record that begins with 0 ends a folder (page 23). What lies behind it, which nobody reads, would be a record once this
 * one is: `contents` gets zeros for it.
 */
async function readFolder(volume: Volume, first: number, contents: PlacedBytes[]): Promise<Folder> {
  const clusters = await chainOf(volume, first, volume.clusters);
  const used: boolean[] = [];
  let ended = false;
  for (const cluster of clusters) {
    const bytes = await volume.source.read(offsetOf(volume, cluster), volume.clusterSize);
    let at = 0;
    while (!ended && at < bytes.length) {
      ended = bytes[at] === 0;
      if (ended) break;
      used.push(bytes[at] !== deletedRecord);
      at += recordSize;
    }
    const behind = bytes.subarray(at);
    if (behind.some((byte) => byte !== 0))
      contents.push({ offset: offsetOf(volume, cluster) + at, bytes: new Uint8Array(behind.length) });
  }
  return { first, clusters, used };
}

/** The place of a free record in the volume, which is taken then; the folder grows by a cluster when it is full. */
function freeRecord(volume: Volume, table: FatTable, folder: Folder, contents: PlacedBytes[]): number {
  const perCluster = volume.clusterSize / recordSize;
  const gap = folder.used.indexOf(false);
  const index = gap === -1 ? folder.used.length : gap;
  folder.used[index] = true;
  if (index === folder.clusters.length * perCluster) {
    folder.clusters.push(...take(volume, table, 1));
    table.link(folder.clusters);
    const added = folder.clusters.at(-1) ?? 0;
    contents.push({ offset: offsetOf(volume, added), bytes: new Uint8Array(volume.clusterSize) });
  }
  const cluster = folder.clusters[Math.floor(index / perCluster)] ?? 0;
  return offsetOf(volume, cluster) + (index % perCluster) * recordSize;
}

function take(volume: Volume, table: FatTable, count: number): number[] {
  const chain = table.findFree(count);
  if (chain === undefined) {
    const needed = formatBytes(count * volume.clusterSize);
    const free = formatBytes(table.countFree() * volume.clusterSize);
    throw refused('fat-full', `The FAT file system has no room: ${needed} are needed, but ${free} are free`, {
      hint: 'Remove files that nothing needs from the EFI system partition.',
    });
  }
  table.link(chain);
  return chain;
}

/** What a file holds, in the clusters of its chain: a piece for each run of neighbours, zeros behind the end. */
function placed(volume: Volume, chain: readonly number[], bytes: Uint8Array): PlacedBytes[] {
  const { clusterSize } = volume;
  const pieces: PlacedBytes[] = [];
  for (let index = 0; index < chain.length; ) {
    const start = index;
    do index += 1;
    while (chain[index] === (chain[index - 1] ?? 0) + 1);
    const part = bytes.subarray(start * clusterSize, index * clusterSize);
    const offset = offsetOf(volume, chain[start] ?? 0);
    if (part.length > 0) pieces.push({ offset, bytes: part });
    const rest = (index - start) * clusterSize - part.length;
    if (rest > 0) pieces.push({ offset: offset + part.length, bytes: new Uint8Array(rest) });
  }
  return pieces;
}
