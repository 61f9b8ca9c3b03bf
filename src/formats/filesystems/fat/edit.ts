/**
 * Gives a file of a FAT volume other content, as pieces to be written: its clusters, the tables of clusters and its
 * record. Pages are those of Microsoft, "FAT32 File System Specification" 1.03.
 */
import type { PlacedBytes } from '../../byte-range.ts';
import type { ByteSource } from '../../bytes.ts';
import { chainOf, offsetOf, openVolume, walk } from './file.ts';
import { readFatTable } from './table.ts';

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
  const { volume, entry, table, old } = file;
  const needed = Math.ceil(content.length / volume.clusterSize);
  const free = table.findFree(needed - old.length);
  if (free === undefined) return undefined;
  const chain = [...old, ...free].slice(0, needed);
  table.free(old.slice(needed));
  if (chain.length !== old.length) table.link(chain);
  return [
    ...chain.map((cluster, index) => ({
      offset: offsetOf(volume, cluster),
      bytes: filled(content.subarray(index * volume.clusterSize), volume.clusterSize),
    })),
    ...(await table.changes()),
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
  const { volume, table, old } = file;
  const needed = Math.ceil(content.length / volume.clusterSize) - old.length;
  const free = table.countFree();
  if (needed <= free) return undefined;
  return { needed: needed * volume.clusterSize, free: free * volume.clusterSize };
}

/** The record of the file, its clusters, and the first table of clusters. */
async function fileWithTable(source: ByteSource, path: string) {
  const volume = await openVolume(source);
  const entry = await walk(volume, path);
  const table = entry === undefined || entry.directory ? undefined : await readFatTable(volume);
  if (entry === undefined || table === undefined) return undefined;
  const old = entry.firstCluster === 0 ? [] : await chainOf(volume, entry.firstCluster, volume.clusters);
  return { volume, entry, table, old };
}

function filled(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes.subarray(0, length));
  return whole;
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
