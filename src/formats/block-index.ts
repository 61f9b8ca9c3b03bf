/**
 * `rootfs.squashfs.blocks`: the pieces of a file with a digest of each, by which another version of it is found to have
 * some of them already. It lies beside the file, listed in the manifest as every other file is.
 *
 * Integers are little-endian, as in the squashfs beside it:
 *
 *   0  8  the letters BOSBLKS, and the version, 1
 *   8  8  size of the file in bytes
 *  16  4  number of pieces
 *  20  4  zero
 *  24 32  SHA-256 of the file
 *  56     for each piece, in order: 4 bytes its length, 16 bytes the beginning of its SHA-256
 *
 * 128 bits are enough, because they decide nothing: a piece taken for another gives a file with another SHA-256, which
 * is found out before the file is used and costs a full download. Two pieces with one digest do not come about by chance
 * (for 2^20 pieces the odds are 2^-89), and whoever makes such a pair, with 2^64 attempts, has gained that download.
 */
import { refused } from '../errors.ts';

export interface Piece {
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Bytes, 1 to `largestPiece`. */
  readonly length: number;
  /** The first 128 bits of its SHA-256, lower-case hex. */
  readonly digest: string;
}

export interface BlockIndex {
  /** Of the file, in bytes. */
  readonly size: number;
  /** Of the file, lower-case hex. */
  readonly sha256: string;
  /** In order; they cover the file from its beginning to its end. */
  readonly pieces: readonly Piece[];
}

/** A block of a squashfs has at most 1 MiB; so has what one piece takes in memory. */
export const largestPiece = 2 ** 20;
/** Fifty times those of an image of 2 GB; an index has at most 20 MiB. */
const mostPieces = 2 ** 20;
const magic = Buffer.from('BOSBLKS\x01', 'latin1');
const headSize = 56;
const digestSize = 16;
const entrySize = 4 + digestSize;

/** Bytes that no index exceeds: what is fetched of one without knowing it. */
export const largestIndex = headSize + mostPieces * entrySize;

/** The first bits of a SHA-256, lower-case hex, as an index has them. */
export const shortDigest = (sha256: string): string => sha256.slice(0, digestSize * 2);

/** The name of the index of a file. */
export const indexPath = (path: string): string => `${path}.blocks`;

/** The bytes of an index. Its pieces must cover the file. */
export function encodeBlockIndex({ size, sha256, pieces }: BlockIndex): Buffer {
  const bytes = Buffer.alloc(headSize + pieces.length * entrySize);
  magic.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(size), 8);
  bytes.writeUInt32LE(pieces.length, 16);
  bytes.write(sha256, 24, 'hex');
  for (const [index, { length, digest }] of pieces.entries()) {
    bytes.writeUInt32LE(length, headSize + index * entrySize);
    bytes.write(digest, headSize + index * entrySize + 4, 'hex');
  }
  return bytes;
}

/**
 * Reads an index; `where` names it. Throws OpsError (refused) `block-index-invalid` for another format or version, and
 * for pieces that do not cover the file.
 */
export function decodeBlockIndex(input: Uint8Array, where: string): BlockIndex {
  const invalid = (why: string) =>
    refused('block-index-invalid', `${where} is damaged: ${why}`, {
      hint: 'Nothing is lost: without an index the whole file is fetched.',
    });
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length);
  if (bytes.length < headSize || !bytes.subarray(0, 7).equals(magic.subarray(0, 7)))
    throw invalid('it does not begin as an index of blocks does');
  if (bytes[7] !== magic[7]) throw invalid(`it has version ${bytes[7]} instead of ${magic[7]}`);
  const size = bytes.readBigUInt64LE(8);
  const count = bytes.readUInt32LE(16);
  if (count > mostPieces || bytes.length !== headSize + count * entrySize)
    throw invalid(`it has ${bytes.length} bytes for ${count} pieces`);
  if (bytes.readUInt32LE(20) !== 0) throw invalid('a field that must be zero');
  const pieces: Piece[] = [];
  let offset = 0;
  for (let at = headSize; at < bytes.length; at += entrySize) {
    const length = bytes.readUInt32LE(at);
    if (length === 0 || length > largestPiece) throw invalid(`a piece of ${length} bytes`);
    pieces.push({ offset, length, digest: bytes.toString('hex', at + 4, at + entrySize) });
    offset += length;
  }
  if (BigInt(offset) !== size) throw invalid(`its pieces have ${offset} bytes, the file ${size}`);
  return { size: offset, sha256: bytes.toString('hex', 24, headSize), pieces };
}
