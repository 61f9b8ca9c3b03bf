/** The journal and the inode that keeps room for growing. */
import { backupGroups, blockSize, blocksPerGroup, type Geometry } from './geometry.ts';

/** Of the journal in blocks, by the size of the file system, as mke2fs has it (lib/ext2fs/mkjournal.c). */
export function journalBlocks({ blocks }: Pick<Geometry, 'blocks'>): number {
  if (blocks < 32768) return 1024;
  if (blocks < 256 * 1024) return 4096;
  if (blocks < 512 * 1024) return 8192;
  return 16384;
}

/**
 * The first block of an empty journal (filesystems/ext4, "Journal (jbd2)"): big-endian, version 2, nothing to replay.
 */
export function journalSuper(blocks: number): Uint8Array {
  const bytes = Buffer.alloc(blockSize);
  const fields = [0xc03b3998, 4, 0, blockSize, blocks, 1, 1, 0];
  for (const [index, value] of fields.entries()) bytes.writeUInt32BE(value, 4 * index);
  // One file system uses it.
  bytes.writeUInt32BE(1, 0x40);
  return bytes;
}

/** The block of pointers that an inode without extents names in the last place but one. */
const doubleIndirect = 13;
const pointers = blockSize / 4;

export interface ResizeInode {
  /** i_block */
  readonly map: Uint8Array;
  readonly size: number;
  readonly blocks: number;
  readonly pieces: readonly { readonly block: number; readonly bytes: Uint8Array }[];
}

/**
 * The reserved blocks of group 0 behind a block of double pointers at `block`; each lists its copies in the other
 * groups (lib/ext2fs/res_gdt.c of e2fsprogs, which alone describes it).
 */
export function resizeInode(geometry: Geometry, block: number): ResizeInode {
  const { descriptorBlocks, reservedBlocks } = geometry;
  const backups = backupGroups(geometry);
  const outer = Buffer.alloc(blockSize);
  const pieces = Array.from({ length: reservedBlocks }, (_, index) => {
    const place = 1 + descriptorBlocks + index;
    outer.writeUInt32LE(place, 4 * ((descriptorBlocks + index) % pointers));
    const bytes = Buffer.alloc(blockSize);
    for (const [at, group] of backups.entries()) bytes.writeUInt32LE(place + group * blocksPerGroup, 4 * at);
    return { block: place, bytes };
  });
  const map = Buffer.alloc(60);
  map.writeUInt32LE(block, 4 * doubleIndirect);
  return {
    map,
    size: (pointers * pointers + pointers + 12) * blockSize,
    blocks: 1 + reservedBlocks * (1 + backups.length),
    pieces: [{ block, bytes: outer }, ...pieces],
  };
}
