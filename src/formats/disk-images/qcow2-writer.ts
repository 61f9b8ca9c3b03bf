/**
 * Writes a virtual disk as qcow2, version 3 ("compat 1.1"): header, refcounts, L1 table, L2 tables, then the clusters of
 * data in the order of the disk. After QEMU, docs/interop/qcow2.txt. Numbers are big-endian.
 */
import { type ByteRange, endOf } from '../byte-range.ts';
import { qcow2Magic } from './qcow2-header.ts';
import { blocksOf, countOf, type Part, piecesOf, type VirtualDisk } from './virtual-disk.ts';

/** QEMU's own choice. */
const clusterBits = 16;
const cluster = 2 ** clusterBits;
/** Entries of 8 bytes in a table of one cluster. */
const tableEntries = cluster / 8;
/** "refcount_order": 2^4 bits for each count. */
const refcountOrder = 4;
const refcountsPerBlock = cluster / 2;
const headerLength = 104;
/** Refcount is exactly one (bit 63 of entries in L1 and L2 tables). */
const copied = 1n << 63n;

/** What is where in the file, in clusters. */
interface Plan {
  readonly tableClusters: number;
  readonly blocks: number;
  readonly l1Clusters: number;
  readonly l1Entries: number;
  /** The L2 tables that there are, by their index in the L1 table. */
  readonly tables: readonly number[];
  readonly total: number;
}

/** The parts of the file. */
export async function* qcow2Parts(disk: VirtualDisk): AsyncGenerator<Part> {
  const data = blocksOf(disk, cluster);
  const plan = planOf(disk.size, data);
  yield header(disk.size, plan);
  yield* refcounts(plan);
  const firstTable = 1 + plan.tableClusters + plan.blocks + plan.l1Clusters;
  const l1 = Buffer.alloc(plan.l1Clusters * cluster);
  for (const [index, table] of plan.tables.entries())
    l1.writeBigUInt64BE(entryTo(firstTable + index), table * 8);
  yield l1;
  yield* l2Tables(plan.tables, data, firstTable + plan.tables.length);
  for await (const { bytes } of piecesOf(disk, data)) yield bytes;
}

const entryTo = (place: number): bigint => BigInt(place * cluster) | copied;

function planOf(size: number, data: readonly ByteRange[]): Plan {
  const covered = cluster * tableEntries;
  const tables: number[] = [];
  for (const range of data)
    for (let index = Math.floor(range.offset / covered); index * covered < endOf(range); index += 1)
      if (tables.at(-1) !== index) tables.push(index);
  const l1Entries = Math.max(1, Math.ceil(size / covered));
  const l1Clusters = Math.ceil(l1Entries / tableEntries);
  const others = 1 + l1Clusters + tables.length + countOf(data, cluster);
  // Refcounts count the clusters that they lie in themselves.
  let [blocks, tableClusters] = [1, 1];
  for (;;) {
    const total = others + blocks + tableClusters;
    const needed = Math.ceil(total / refcountsPerBlock);
    if (needed <= blocks) return { tableClusters, blocks, l1Clusters, l1Entries, tables, total };
    blocks = needed;
    tableClusters = Math.ceil(blocks / tableEntries);
  }
}

/** Section "Header". What is zero is not said: no backing file, no encryption, no snapshots, no features. */
function header(size: number, { tableClusters, blocks, l1Entries }: Plan): Buffer {
  const bytes = Buffer.alloc(cluster);
  bytes.writeUInt32BE(qcow2Magic, 0);
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(l1Entries, 36);
  bytes.writeBigUInt64BE(BigInt((1 + tableClusters + blocks) * cluster), 40);
  bytes.writeBigUInt64BE(BigInt(cluster), 48);
  bytes.writeUInt32BE(tableClusters, 56);
  bytes.writeUInt32BE(refcountOrder, 96);
  bytes.writeUInt32BE(headerLength, 100);
  return bytes;
}

/** Section "Host cluster management": every cluster of the file is there once. */
function* refcounts({ tableClusters, blocks, total }: Plan): Generator<Buffer> {
  const table = Buffer.alloc(tableClusters * cluster);
  for (let index = 0; index < blocks; index += 1)
    table.writeBigUInt64BE(BigInt((1 + tableClusters + index) * cluster), index * 8);
  yield table;
  for (let first = 0; first < blocks * refcountsPerBlock; first += refcountsPerBlock) {
    const block = Buffer.alloc(cluster);
    for (let index = 0; index < Math.min(refcountsPerBlock, total - first); index += 1)
      block.writeUInt16BE(1, index * 2);
    yield block;
  }
}

/** Section "L2 table entry"; the data begin at the cluster `place`. */
function* l2Tables(tables: readonly number[], data: readonly ByteRange[], place: number): Generator<Buffer> {
  let next = place;
  let first = 0;
  for (const table of tables) {
    const bytes = Buffer.alloc(cluster);
    const start = table * tableEntries;
    for (let range = data[first]; range !== undefined; range = data[first]) {
      const begin = Math.max(range.offset / cluster, start);
      const end = Math.min(endOf(range) / cluster, start + tableEntries);
      for (let index = begin; index < end; index += 1, next += 1)
        bytes.writeBigUInt64BE(entryTo(next), (index - start) * 8);
      if (endOf(range) / cluster > start + tableEntries) break;
      first += 1;
    }
    yield bytes;
  }
}
