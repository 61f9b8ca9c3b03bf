/**
 * The parts of a squashfs 4.0 image that everything else is found through: super block, metadata blocks, fragments.
 * Integers are little-endian. Source: Linux, fs/squashfs/squashfs_fs.h; sections are those of the description
 * "SquashFS Binary Format" (dr-emann/squashfs).
 */
import * as zlib from 'node:zlib';
import { type OpsError, refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';

export interface SuperBlock {
  /** Bytes of a data block, 4 KiB to 1 MiB. */
  readonly blockSize: number;
  readonly inodeCount: number;
  readonly fragmentCount: number;
  readonly compression: keyof typeof decompressors;
  /** Bytes of the image that are in use. */
  readonly size: number;
  /** The reference of the root's inode: see `splitReference`. */
  readonly root: bigint;
  /** Where the tables begin, in bytes. */
  readonly inodeTable: number;
  readonly directoryTable: number;
  readonly fragmentTable: number;
}

export const superBlockSize = 96;
/** `hsqs`, section 2 */
const magic = 0x73717368;
/** Of metadata, unpacked, section 3 */
export const metadataSize = 8192;
const storedPlain = 0x8000;
/** In the size of a data block or fragment, section 5.2 */
const dataStoredPlain = 1 << 24;

type Decompress = (bytes: Uint8Array, limit: number) => Uint8Array;
/**
 * By the number in the super block, section 2; what this Node.js can unpack. Into memory for all of it and one byte: by
 * itself Node.js makes pieces of 16 KiB and joins them, and a piece that is full takes another one.
 */
const decompressors = {
  1: (bytes, limit) => zlib.inflateSync(bytes, { maxOutputLength: limit, chunkSize: limit + 1 }),
  6: (bytes, limit) => zlib.zstdDecompressSync(bytes, { maxOutputLength: limit, chunkSize: limit + 1 }),
} as const satisfies Record<number, Decompress>;

export const invalid = (why: string, cause?: unknown): OpsError =>
  refused('squashfs-invalid', `The squashfs image is damaged: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Check the medium against its published checksum.',
  });

/** Exactly `length` bytes at `offset`; throws `squashfs-invalid`. */
export async function readExact(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  const bytes = await source.read(offset, length);
  if (bytes.length < length) throw invalid(`it ends before byte ${offset + length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, length);
}

/** Reads the super block. Throws OpsError (refused) `squashfs-invalid`, `squashfs-unsupported`. */
export async function readSuperBlock(source: ByteSource): Promise<SuperBlock> {
  if (source.size < superBlockSize) throw invalid('it is shorter than a super block');
  const bytes = await readExact(source, 0, superBlockSize);
  if (bytes.readUInt32LE(0) !== magic) throw invalid('it does not begin with a squashfs super block');
  const version = `${bytes.readUInt16LE(28)}.${bytes.readUInt16LE(30)}`;
  if (version !== '4.0') throw unsupported(`version ${version}`);
  const compression = bytes.readUInt16LE(20);
  if (!isKnown(compression)) throw unsupported(`compression ${compression}`);
  // The Node.js of the oldest boards has none; the kernel there reads such an image by itself.
  if (compression === 6 && zlib.zstdDecompressSync === undefined)
    throw unsupported('compression by zstd, which this Node.js does not know');
  const blockSize = bytes.readUInt32LE(12);
  if (blockSize < 4096 || blockSize > 2 ** 20 || blockSize !== 2 ** bytes.readUInt16LE(22))
    throw invalid(`its blocks have ${blockSize} bytes`);
  const size = position(bytes, 40, source.size);
  return {
    blockSize,
    inodeCount: bytes.readUInt32LE(4),
    fragmentCount: bytes.readUInt32LE(16),
    compression,
    size,
    root: bytes.readBigUInt64LE(32),
    inodeTable: position(bytes, 64, size),
    directoryTable: position(bytes, 72, size),
    // All ones where there is none.
    fragmentTable: bytes.readUInt32LE(16) === 0 ? 0 : position(bytes, 80, size),
  };
}

const isKnown = (value: number): value is SuperBlock['compression'] => Object.hasOwn(decompressors, value);

const unsupported = (what: string) =>
  refused('squashfs-unsupported', `The squashfs image has ${what}, which this opsctl cannot read`);

function position(bytes: Buffer, field: number, limit: number): number {
  const value = bytes.readBigUInt64LE(field);
  if (value > BigInt(limit)) throw invalid(`it refers to byte ${value}, but has ${limit}`);
  return Number(value);
}

/** Where an inode lies: its block, relative to the table, and the byte in it unpacked. Section 4 */
export const splitReference = (reference: bigint) => ({
  block: Number(reference >> 16n),
  offset: Number(reference & 0xffffn),
});

/** Unpacks data of at most `limit` bytes. Throws `squashfs-invalid`. */
export function unpack(
  { compression }: Pick<SuperBlock, 'compression'>,
  bytes: Uint8Array,
  limit: number,
): Buffer {
  try {
    const plain = decompressors[compression](bytes, limit);
    return Buffer.from(plain.buffer, plain.byteOffset, plain.length);
  } catch (cause) {
    throw invalid('a block cannot be unpacked', cause);
  }
}

/** Metadata from a place on, over the ends of its blocks: what inodes and folders are read from. */
export interface MetadataReader {
  /** The next `length` bytes. Throws `squashfs-invalid`. */
  take(length: number): Promise<Buffer>;
}

/** A block of metadata, unpacked, and where the next one begins. */
interface MetadataBlock {
  readonly plain: Buffer;
  readonly next: number;
}

/** Reads the block of metadata at byte `start`, section 3. Throws `squashfs-invalid`. */
export async function readMetadataBlock(
  source: ByteSource,
  superBlock: Pick<SuperBlock, 'size' | 'compression'>,
  start: number,
): Promise<MetadataBlock> {
  const header = (await readExact(source, start, 2)).readUInt16LE(0);
  const length = header & ~storedPlain;
  if (length > metadataSize || start + 2 + length > superBlock.size) throw invalid('metadata past its end');
  const bytes = await readExact(source, start + 2, length);
  const plain = (header & storedPlain) === 0 ? unpack(superBlock, bytes, metadataSize) : bytes;
  if (plain.length === 0) throw invalid('an empty block of metadata');
  return { plain, next: start + 2 + length };
}

/** Reads metadata of `source`; blocks that were unpacked are kept, by their place. */
export function metadataOf(source: ByteSource, superBlock: SuperBlock) {
  const blocks = new Map<number, Promise<MetadataBlock>>();

  function block(start: number) {
    const found = blocks.get(start) ?? readMetadataBlock(source, superBlock, start);
    blocks.set(start, found);
    return found;
  }

  /** From `offset` of the block that starts at byte `start` of the image. */
  return (start: number, offset: number): MetadataReader => {
    let place = start;
    let done = offset;
    return {
      async take(length) {
        const pieces: Buffer[] = [];
        for (let missing = length; missing > 0; ) {
          const { plain, next } = await block(place);
          const piece = plain.subarray(done, done + missing);
          if (piece.length === 0 && done > plain.length) throw invalid('a place past a block of metadata');
          pieces.push(piece);
          missing -= piece.length;
          done += piece.length;
          if (missing > 0) {
            place = next;
            done = 0;
          }
        }
        return Buffer.concat(pieces, length);
      },
    };
  };
}

/** A data block or fragment of `plain` bytes, stored as `size` says. Throws `squashfs-invalid`. */
export async function readData(
  source: ByteSource,
  superBlock: SuperBlock,
  start: number,
  size: number,
  plain: number,
): Promise<Buffer> {
  const length = storedLength(size);
  if (length === 0) return Buffer.alloc(plain);
  if (length > superBlock.blockSize) throw invalid('a block that is larger than blocks are');
  const bytes = await readExact(source, start, length);
  const found = (size & dataStoredPlain) === 0 ? unpack(superBlock, bytes, superBlock.blockSize) : bytes;
  if (found.length < plain) throw invalid(`a block has ${found.length} of ${plain} bytes`);
  return found;
}

/** Bytes that a data block takes in the image; 0 for one of zeros, which is not stored. Section 5.2 */
export const storedLength = (size: number): number => size & ~dataStoredPlain;
