/** The super block and the group descriptors. Linux kernel documentation, filesystems/ext4: "The Super Block", "Block Group Descriptors". */
import { crc32c } from '../../crc32c.ts';
import {
  blockSize,
  blocksPerGroup,
  descriptorSize,
  type Geometry,
  type GroupPlaces,
  inodeSize,
  inodesPerGroup,
} from './geometry.ts';

export interface SuperBlockFields {
  readonly geometry: Geometry;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  /** 16 bytes each. */
  readonly uuid: Uint8Array;
  readonly hashSeed: Uint8Array;
  readonly label: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** i_block of the journal's inode, and its size in bytes: kept twice, should the inode be lost. */
  readonly journal: { readonly map: Uint8Array; readonly size: number };
}

/** has_journal, ext_attr, dir_index */
const compat = 0x4 | 0x8 | 0x20;
/** Only where blocks are reserved for it. */
const compatResizeInode = 0x10;
/** filetype, extents, 64bit, and csum_seed: with it the UUID can be changed while the file system is mounted. */
const incompat = 0x2 | 0x40 | 0x80 | 0x2000;
/** sparse_super, large_file, huge_file, dir_nlink, extra_isize, metadata_csum */
const readOnlyCompat = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x400;
/** user_xattr, acl */
const mountOptions = 0x4 | 0x8;
const journalInode = 8;
export const firstInode = 11;

/** 1024 bytes, as they stand in group `group`. */
export function encodeSuperBlock(fields: SuperBlockFields, group: number): Uint8Array {
  const { geometry, freeBlocks, freeInodes, time } = fields;
  const bytes = Buffer.alloc(1024);
  const wide = (low: number, high: number, value: number) => {
    bytes.writeUInt32LE(value >>> 0, low);
    bytes.writeUInt32LE(Math.floor(value / 2 ** 32), high);
  };
  bytes.writeUInt32LE(geometry.groups * inodesPerGroup, 0x00);
  wide(0x04, 0x150, geometry.blocks);
  // One in a hundred for root.
  wide(0x08, 0x154, Math.floor(geometry.blocks / 100));
  wide(0x0c, 0x158, freeBlocks);
  bytes.writeUInt32LE(freeInodes, 0x10);
  // log2 of the block size above 1024, and of the cluster size.
  for (const at of [0x18, 0x1c]) bytes.writeUInt32LE(2, at);
  for (const at of [0x20, 0x24]) bytes.writeUInt32LE(blocksPerGroup, at);
  bytes.writeUInt32LE(inodesPerGroup, 0x28);
  for (const at of [0x30, 0x40, 0x108]) bytes.writeUInt32LE(time >>> 0, at);
  // Never checked for the number of its mounts.
  bytes.writeUInt16LE(0xffff, 0x36);
  bytes.writeUInt16LE(0xef53, 0x38);
  // Clean; errors do not stop it.
  bytes.writeUInt16LE(1, 0x3a);
  bytes.writeUInt16LE(1, 0x3c);
  bytes.writeUInt32LE(1, 0x4c);
  bytes.writeUInt32LE(firstInode, 0x54);
  bytes.writeUInt16LE(inodeSize, 0x58);
  bytes.writeUInt16LE(group, 0x5a);
  bytes.writeUInt32LE(compat | (geometry.reservedBlocks > 0 ? compatResizeInode : 0), 0x5c);
  bytes.writeUInt32LE(incompat, 0x60);
  bytes.writeUInt32LE(readOnlyCompat, 0x64);
  bytes.set(fields.uuid, 0x68);
  bytes.write(fields.label, 0x78, 16, 'utf8');
  bytes.writeUInt16LE(geometry.reservedBlocks, 0xce);
  bytes.writeUInt32LE(journalInode, 0xe0);
  bytes.set(fields.hashSeed, 0xec);
  // Half MD4; s_jnl_blocks is a copy of the journal's inode.
  bytes[0xfc] = 1;
  bytes[0xfd] = 1;
  bytes.writeUInt16LE(descriptorSize, 0xfe);
  bytes.writeUInt32LE(mountOptions, 0x100);
  bytes.set(fields.journal.map, 0x10c);
  bytes.writeUInt32LE(Math.floor(fields.journal.size / 2 ** 32), 0x10c + 60);
  bytes.writeUInt32LE(fields.journal.size >>> 0, 0x10c + 64);
  // What every inode has beside its first 128 bytes, and what new ones should have.
  for (const at of [0x15c, 0x15e]) bytes.writeUInt16LE(32, at);
  // Names are hashed as signed characters, as on x86.
  bytes.writeUInt32LE(1, 0x160);
  // CRC-32C, and what the sums begin with whatever the UUID becomes.
  bytes[0x175] = 1;
  bytes.writeUInt32LE(seedOf(fields.uuid), 0x270);
  bytes.writeUInt32LE(crc32c(0xffffffff, bytes.subarray(0, 0x3fc)), 0x3fc);
  return bytes;
}

export interface Group {
  readonly places: GroupPlaces;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  readonly folders: number;
  /** Inodes at the end of the table that were never used. */
  readonly unusedInodes: number;
  /** Undefined for a group whose bitmap is all free: it is not written, and flagged as such. */
  readonly blockBitmap: Uint8Array | undefined;
  readonly inodeBitmap: Uint8Array | undefined;
}

const inodesUnused = 0x1;
const blocksUnused = 0x2;
const tableZeroed = 0x4;

export function encodeDescriptor(seed: number, index: number, group: Group): Uint8Array {
  const { places, blockBitmap, inodeBitmap } = group;
  const bytes = Buffer.alloc(descriptorSize);
  const halves = (low: number, high: number, value: number) => {
    bytes.writeUInt16LE(value & 0xffff, low);
    bytes.writeUInt16LE(value >>> 16, high);
  };
  for (const [at, block] of [places.blockBitmap, places.inodeBitmap, places.inodeTable].entries()) {
    bytes.writeUInt32LE(block >>> 0, 4 * at);
    bytes.writeUInt32LE(Math.floor(block / 2 ** 32), 0x20 + 4 * at);
  }
  halves(0x0c, 0x2c, group.freeBlocks);
  halves(0x0e, 0x2e, group.freeInodes);
  halves(0x10, 0x30, group.folders);
  const flags = (inodeBitmap ? tableZeroed : inodesUnused) | (blockBitmap ? 0 : blocksUnused);
  bytes.writeUInt16LE(flags, 0x12);
  if (blockBitmap) halves(0x18, 0x38, crc32c(seed, blockBitmap));
  // Of as many bytes as there are bits for inodes.
  if (inodeBitmap) halves(0x1a, 0x3a, crc32c(seed, inodeBitmap.subarray(0, inodesPerGroup / 8)));
  halves(0x1c, 0x32, group.unusedInodes);
  const number = Buffer.alloc(4);
  number.writeUInt32LE(index);
  bytes.writeUInt16LE(crc32c(crc32c(seed, number), bytes) & 0xffff, 0x1e);
  return bytes;
}

/** What all sums of a file system begin with. */
export const seedOf = (uuid: Uint8Array): number => crc32c(0xffffffff, uuid);

/** A block with bits set from `from` up to `to`, and behind `end`, where there is nothing. */
export function bitmap(ranges: readonly (readonly [from: number, to: number])[], end: number): Uint8Array {
  const bytes = Buffer.alloc(blockSize);
  for (const [from, to] of [...ranges, [end, 8 * blockSize] as const])
    for (let bit = from; bit < to; bit += 1) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
  return bytes;
}
