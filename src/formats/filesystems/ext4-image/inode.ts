/** Inodes of a new file system, 256 bytes each. Linux kernel documentation, filesystems/ext4: "Index Nodes", "Extents". */
import { crc32c } from '../../crc32c.ts';
import type { Allocator, Run } from './allocator.ts';
import { blockSize, inodeSize } from './geometry.ts';

export const fileTypes = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
const usesExtents = 0x80000;
const extraSize = 32;

/** What goes into the 60 bytes of i_block, and what more it takes. */
export interface BlockMap {
  readonly bytes: Uint8Array;
  readonly extents: boolean;
  /** Blocks with the tree itself, beside those of the content. */
  readonly tree: readonly { readonly block: number; readonly bytes: Uint8Array }[];
}

export interface InodeFields {
  readonly number: number;
  /** With the type. */
  readonly mode: number;
  readonly links: number;
  /** Bytes. */
  readonly size: number;
  /** Blocks of the file system that belong to it. */
  readonly blocks: number;
  readonly map: Pick<BlockMap, 'bytes' | 'extents'>;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Of what belongs to an inode: its number and its generation, which is 0. */
export function inodeSeed(seed: number, number: number): number {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(number, 0);
  return crc32c(seed, bytes);
}

export function encodeInode(seed: number, fields: InodeFields): Uint8Array {
  const bytes = Buffer.alloc(inodeSize);
  const time = fields.time >>> 0;
  // The bits above the first 32 of seconds since 1901 (2038 and on), in the two lowest bits of the extra field.
  const extra = Math.floor((fields.time + 2 ** 31) / 2 ** 32) & 3;
  bytes.writeUInt16LE(fields.mode, 0x00);
  bytes.writeUInt32LE(fields.size >>> 0, 0x04);
  for (const at of [0x08, 0x0c, 0x10, 0x90]) bytes.writeUInt32LE(time, at);
  bytes.writeUInt16LE(fields.links, 0x1a);
  // In units of 512 bytes.
  const sectors = fields.blocks * (blockSize / 512);
  bytes.writeUInt32LE(sectors >>> 0, 0x1c);
  bytes.writeUInt32LE(fields.map.extents ? usesExtents : 0, 0x20);
  bytes.set(fields.map.bytes, 0x28);
  bytes.writeUInt32LE(Math.floor(fields.size / 2 ** 32), 0x6c);
  bytes.writeUInt16LE(Math.floor(sectors / 2 ** 32), 0x74);
  bytes.writeUInt16LE(extraSize, 0x80);
  for (const at of [0x84, 0x88, 0x8c, 0x94]) bytes.writeUInt32LE(extra, at);
  const sum = crc32c(inodeSeed(seed, fields.number), bytes);
  bytes.writeUInt16LE(sum & 0xffff, 0x7c);
  bytes.writeUInt16LE(sum >>> 16, 0x82);
  return bytes;
}

/** A symbolic link of up to 59 bytes lies in the inode itself. */
export const longestInlineTarget = 59;

export function inlineTarget(target: string): BlockMap {
  const bytes = Buffer.alloc(60);
  bytes.write(target, 'utf8');
  return { bytes, extents: false, tree: [] };
}

const extentMagic = 0xf30a;
const inInode = 4;
/** A header and a checksum of 4 bytes leave room for these. */
const inBlock = Math.floor((blockSize - 12 - 4) / 12);
/** Of an extent whose blocks hold data (ee_len). */
const longestExtent = 32768;

/** Maps the runs of a file in order. Takes a block from the allocator for every 340 runs beyond the first four. */
export function extentMap(runs: readonly Run[], seed: number, allocator: Allocator): BlockMap {
  const extents: { logical: number; block: number; count: number }[] = [];
  let logical = 0;
  for (const { block, count } of runs)
    for (let done = 0; done < count; ) {
      const length = Math.min(longestExtent, count - done);
      extents.push({ logical, block: block + done, count: length });
      done += length;
      logical += length;
    }
  if (extents.length <= inInode)
    return { bytes: node(60, 0, inInode, extents.map(leaf)), extents: true, tree: [] };
  if (extents.length > inInode * inBlock)
    throw new Error('a file in more pieces than one level of its tree holds');
  const tree: { block: number; bytes: Buffer }[] = [];
  const index: Buffer[] = [];
  for (let from = 0; from < extents.length; from += inBlock) {
    const some = extents.slice(from, from + inBlock);
    const bytes = node(blockSize, 0, inBlock, some.map(leaf));
    const end = 12 + 12 * inBlock;
    bytes.writeUInt32LE(crc32c(seed, bytes.subarray(0, end)), end);
    const block = allocator.one();
    tree.push({ block, bytes });
    index.push(pointer(some[0]?.logical ?? 0, block));
  }
  return { bytes: node(60, 1, inInode, index), extents: true, tree };
}

function node(size: number, depth: number, room: number, entries: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16LE(extentMagic, 0);
  bytes.writeUInt16LE(entries.length, 2);
  bytes.writeUInt16LE(room, 4);
  bytes.writeUInt16LE(depth, 6);
  for (const [at, entry] of entries.entries()) bytes.set(entry, 12 + 12 * at);
  return bytes;
}

function leaf({ logical, block, count }: { logical: number; block: number; count: number }): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(logical, 0);
  bytes.writeUInt16LE(count, 4);
  bytes.writeUInt16LE(Math.floor(block / 2 ** 32), 6);
  bytes.writeUInt32LE(block >>> 0, 8);
  return bytes;
}

function pointer(logical: number, block: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(logical, 0);
  bytes.writeUInt32LE(block >>> 0, 4);
  bytes.writeUInt16LE(Math.floor(block / 2 ** 32), 8);
  return bytes;
}
