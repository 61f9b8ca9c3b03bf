/**
 * A squashfs 4.0 image as pieces, the units in which one version of it is compared with another: each compressed data
 * block and fragment is one, and all else (super block, tables, padding) is cut to a limited size. Sections as in
 * squashfs-blocks.ts.
 */
import { type ByteRange, byOffset, endOf } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import {
  invalid,
  type MetadataReader,
  metadataSize,
  readExact,
  readMetadataBlock,
  readSuperBlock,
  type SuperBlock,
  storedLength,
  superBlockSize,
} from './squashfs-blocks.ts';
import { readInode } from './squashfs-inodes.ts';

/**
 * What an image may cost: far above those of a root file system, which has thousands of inodes and of blocks. What
 * says more is refused.
 */
export const piecesBudget = {
  /** Entries of the inode table. */
  inodes: 2 ** 18,
  /** Data blocks and fragments. */
  blocks: 2 ** 20,
  /** Bytes of metadata, unpacked. */
  metadata: 32 * 2 ** 20,
} as const;

/** Of the tables: small enough that a change costs little, large enough that they are few. */
const largestRest = 64 * 1024;
/** The options of the compression stand behind the super block as a block of metadata, section 2.1. */
const largestHead = superBlockSize + 2 + metadataSize;
/** Of a table of fragments, section 7 */
const entrySize = 16;
const entriesPerBlock = metadataSize / entrySize;

/**
 * Pieces in order that cover the image from byte 0 to `source.size`, each byte once. Throws OpsError (refused)
 * `squashfs-unsupported`, and `squashfs-invalid` for blocks that overlap or leave a gap, and past `piecesBudget`.
 */
export async function squashfsPieces(source: ByteSource): Promise<ByteRange[]> {
  const superBlock = await readSuperBlock(source);
  const blocks = new Blocks(superBlock);
  const metadata = meteredMetadata(source, superBlock);
  await takeInodes(superBlock, blocks, metadata);
  await takeFragments(source, superBlock, blocks, metadata);
  const data = blocks.inOrder();
  const dataStart = data[0]?.offset ?? superBlock.inodeTable;
  const dataEnd = superBlock.inodeTable;
  if (dataStart < superBlockSize || dataStart > largestHead)
    throw invalid(`its first block is at byte ${dataStart}`);
  let position = dataStart;
  for (const block of data) {
    if (block.offset !== position)
      throw invalid(`its blocks ${block.offset < position ? 'overlap' : 'leave a gap'} at byte ${position}`);
    position = endOf(block);
  }
  if (position !== dataEnd)
    throw invalid(`its blocks end at byte ${position}, and its tables begin at byte ${dataEnd}`);
  return [...cut(0, dataStart), ...data, ...cut(dataEnd, source.size)];
}

function cut(start: number, end: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  for (let offset = start; offset < end; offset += largestRest)
    pieces.push({ offset, length: Math.min(largestRest, end - offset) });
  return pieces;
}

/** The blocks that were seen. Files of the same content share theirs, so one may come again. */
class Blocks {
  readonly #lengths = new Map<number, number>();
  readonly #superBlock: SuperBlock;
  #seen = 0;

  constructor(superBlock: SuperBlock) {
    this.#superBlock = superBlock;
  }

  /** A block at byte `start`, stored as `size` says. Returns the first byte behind it. */
  take(start: number, size: number): number {
    const length = storedLength(size);
    if (++this.#seen > piecesBudget.blocks) throw invalid('more blocks than can be read');
    // A block of zeros is not stored.
    if (length === 0) return start;
    if (length > this.#superBlock.blockSize) throw invalid('a block that is larger than blocks are');
    if (start + length > this.#superBlock.inodeTable) throw invalid('a block past its end');
    const known = this.#lengths.get(start);
    if (known !== undefined && known !== length)
      throw invalid(`the block at byte ${start} has two lengths: ${known} and ${length}`);
    this.#lengths.set(start, length);
    return start + length;
  }

  inOrder(): ByteRange[] {
    return [...this.#lengths].map(([offset, length]) => ({ offset, length })).toSorted(byOffset);
  }
}

/** Opens metadata at a byte of the image, to be read in one pass; nothing that was read is kept. */
type OpenMetadata = (start: number, end: number) => MetadataReader;

function meteredMetadata(source: ByteSource, superBlock: SuperBlock): OpenMetadata {
  let unpacked = 0;
  return (start, end) => {
    let next = start;
    let plain: Buffer = Buffer.alloc(0);
    return {
      async take(length) {
        const pieces: Buffer[] = [];
        for (let missing = length; missing > 0; ) {
          if (plain.length === 0) {
            if (next >= end) throw invalid('a table that is too short');
            ({ plain, next } = await readMetadataBlock(source, superBlock, next));
            unpacked += plain.length;
            if (unpacked > piecesBudget.metadata) throw invalid('more metadata than can be read');
          }
          const piece = plain.subarray(0, missing);
          plain = plain.subarray(piece.length);
          pieces.push(piece);
          missing -= piece.length;
        }
        return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length);
      },
    };
  };
}

/** The inodes stand one after the other from the beginning of their table, section 4. */
async function takeInodes(superBlock: SuperBlock, blocks: Blocks, metadata: OpenMetadata): Promise<void> {
  const { inodeCount, inodeTable, directoryTable, blockSize } = superBlock;
  if (inodeCount > piecesBudget.inodes) throw invalid(`${inodeCount} inodes, more than can be read`);
  const reader = metadata(inodeTable, directoryTable);
  for (let index = 0; index < inodeCount; index += 1) {
    const inode = await readInode(reader, blockSize);
    if (inode.type !== 'file') continue;
    let { start } = inode;
    for (const size of inode.blocks) start = blocks.take(start, size);
  }
}

/** Section 7: places of blocks of metadata, each of which has the places of 512 fragments. */
async function takeFragments(
  source: ByteSource,
  { fragmentCount, fragmentTable, size }: SuperBlock,
  blocks: Blocks,
  metadata: OpenMetadata,
): Promise<void> {
  if (fragmentCount > piecesBudget.blocks) throw invalid(`${fragmentCount} fragments, more than can be read`);
  const tables = Math.ceil(fragmentCount / entriesPerBlock);
  const places = await readExact(source, fragmentTable, tables * 8);
  for (let table = 0; table < tables; table += 1) {
    const place = places.readBigUInt64LE(table * 8);
    if (place > BigInt(size)) throw invalid('fragments past the end');
    const reader = metadata(Number(place), size);
    const count = Math.min(entriesPerBlock, fragmentCount - table * entriesPerBlock);
    const entries = await reader.take(count * entrySize);
    for (let index = 0; index < count; index += 1) {
      const start = entries.readBigUInt64LE(index * entrySize);
      if (start > BigInt(size)) throw invalid('a fragment past the end');
      blocks.take(Number(start), entries.readUInt32LE(index * entrySize + 8));
    }
  }
}
