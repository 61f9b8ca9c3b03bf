/**
 * Where the parts of a new ext4 file system lie. Linux kernel documentation, filesystems/ext4: "Layout", "Block Groups",
 * "Sparse Super Block". Without flexible groups: each group has its own bitmaps and inode table.
 */
import { refused } from '../../../errors.ts';
import { formatBytes } from '../../size.ts';

export const blockSize = 4096;
/** A bitmap of one block has a bit for each. */
export const blocksPerGroup = 8 * blockSize;
export const inodeSize = 256;
/** One inode for 16 KiB, as mke2fs has it (mke2fs.conf, `inode_ratio`). */
export const inodesPerGroup = (blocksPerGroup * blockSize) / 16384;
export const tableBlocks = (inodesPerGroup * inodeSize) / blockSize;
/** With the feature 64bit. */
export const descriptorSize = 64;

export interface Geometry {
  readonly blocks: number;
  readonly groups: number;
  /** Blocks that hold the group descriptors, and blocks kept for more of them when the file system grows. */
  readonly descriptorBlocks: number;
  readonly reservedBlocks: number;
}

/** What lies at the beginning of a group, as block numbers. */
export interface GroupPlaces {
  readonly first: number;
  /** Blocks of the group; the last group may have fewer. */
  readonly length: number;
  readonly hasSuper: boolean;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  /** The first block for data. */
  readonly data: number;
}

/** A last group with less room than this is left out, as mke2fs leaves it out (lib/ext2fs/initialize.c). */
const smallestRest = 50;
/** So many reserved blocks one block of pointers can list (the resize inode's, one for each backup). */
const mostReserved = blockSize / 4;

/** For `size` bytes. `growsTo` is the size, in bytes, up to which it may grow while mounted. Throws `disk-too-small` (refused). */
export function geometryOf(size: number, growsTo: number): Geometry {
  const all = Math.floor(size / blockSize);
  const reserved = (groups: number, descriptorBlocks: number) => {
    const target = Math.min(Math.floor(growsTo / blockSize), 2 ** 32 - 1);
    const wanted = descriptorBlocksFor(Math.max(groups, Math.ceil(target / blocksPerGroup)));
    return Math.min(mostReserved, wanted - descriptorBlocks);
  };
  const geometry = (blocks: number): Geometry => {
    const groups = Math.ceil(blocks / blocksPerGroup);
    const descriptorBlocks = descriptorBlocksFor(groups);
    return { blocks, groups, descriptorBlocks, reservedBlocks: reserved(groups, descriptorBlocks) };
  };
  const whole = geometry(all);
  const last = placesOf(whole, whole.groups - 1);
  const fits = last.first + last.length - last.data >= smallestRest;
  if (fits) return whole;
  if (whole.groups > 1) return geometry((whole.groups - 1) * blocksPerGroup);
  throw refused('disk-too-small', `${formatBytes(size)} are too small for an ext4 file system`);
}

const descriptorBlocksFor = (groups: number) => Math.ceil((groups * descriptorSize) / blockSize);

/** Groups 0, 1 and the powers of 3, 5 and 7 hold a copy of the super block and the descriptors. */
export function hasSuper(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

export function placesOf(geometry: Geometry, group: number): GroupPlaces {
  const first = group * blocksPerGroup;
  const copies = hasSuper(group) ? 1 + geometry.descriptorBlocks + geometry.reservedBlocks : 0;
  const blockBitmap = first + copies;
  return {
    ...{ first, length: Math.min(blocksPerGroup, geometry.blocks - first), hasSuper: hasSuper(group) },
    ...{ blockBitmap, inodeBitmap: blockBitmap + 1, inodeTable: blockBitmap + 2 },
    data: blockBitmap + 2 + tableBlocks,
  };
}

/** Groups beside the first that have copies of the super block. */
export const backupGroups = ({ groups }: Geometry): number[] =>
  Array.from({ length: groups }, (_, group) => group).filter((group) => group > 0 && hasSuper(group));
