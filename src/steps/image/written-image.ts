/**
 * What the steps that write an image to a disk tell each other, in files of a folder that only root can read: what was
 * written where, and the two ends of the image, which wait until everything else was read back. In the first lie the
 * boot code and the partition table, in the second the copy of the table, by which tools would find the partitions again.
 */
import * as zlib from 'node:zlib';
import type { ByteRange } from '../../formats/byte-range.ts';
import { crc32 } from '../../formats/crc32.ts';
import type { Files } from '../../host/ports.ts';

export const MiB = 2 ** 20;

/** Of the disk, in bytes. It has at least two MiB. */
export const heldRanges = (diskSize: number): { readonly start: ByteRange; readonly end: ByteRange } => ({
  start: { offset: 0, length: MiB },
  end: { offset: diskSize - MiB, length: MiB },
});

export const heldPath = (work: string, end: 'start' | 'end'): string => `${work}/${end}`;
const recordPath = (work: string) => `${work}/written`;

/**
 * Of what a disk did with its bytes; against a person who changes both no checksum of ours helps. The Node.js of the
 * oldest boards has none that is fast.
 */
export const checksumOf: (bytes: Uint8Array) => number = zlib.crc32 ?? crc32;

export interface WrittenPiece extends ByteRange {
  readonly checksum: number;
}

const entrySize = 16;

export async function keepRecord(files: Files, work: string, pieces: readonly WrittenPiece[]): Promise<void> {
  const bytes = Buffer.alloc(pieces.length * entrySize);
  for (const [index, { offset, length, checksum }] of pieces.entries()) {
    const start = index * entrySize;
    bytes.writeBigUInt64LE(BigInt(offset), start);
    bytes.writeUInt32LE(length, start + 8);
    bytes.writeUInt32LE(checksum, start + 12);
  }
  await files.write(recordPath(work), bytes, { mode: 0o600 });
}

export async function readRecord(files: Files, work: string): Promise<WrittenPiece[]> {
  const bytes = await files.read(recordPath(work));
  return Array.from({ length: Math.floor(bytes.length / entrySize) }, (_, index) => {
    const start = index * entrySize;
    return {
      offset: Number(bytes.readBigUInt64LE(start)),
      length: bytes.readUInt32LE(start + 8),
      checksum: bytes.readUInt32LE(start + 12),
    };
  });
}
