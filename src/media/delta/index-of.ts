/** The block index of a squashfs, made by reading it once. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { type BlockIndex, type Piece, shortDigest } from '../../formats/block-index.ts';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { squashfsPieces } from '../../formats/filesystems/squashfs-pieces.ts';

/** Read at once: pieces of a squashfs are small, and each read is a round trip to the thread pool. */
const readAhead = 4 * 2 ** 20;

/**
 * Reads all of `source`. Throws OpsError (refused): `squashfs-invalid`, `squashfs-unsupported`; what reading it throws;
 * the reason of `signal`.
 */
export async function blockIndexOf(source: ByteSource, signal?: AbortSignal): Promise<BlockIndex> {
  const ranges = await squashfsPieces(source);
  const whole = createHash('sha256');
  const pieces: Piece[] = [];
  for await (const { range, bytes } of inRuns(source, ranges, signal)) {
    whole.update(bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    pieces.push({ ...range, digest: shortDigest(digest) });
  }
  return { size: source.size, sha256: whole.digest('hex'), pieces };
}

/** The ranges, which follow each other, with their bytes. */
async function* inRuns(
  source: ByteSource,
  ranges: readonly ByteRange[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly range: ByteRange; readonly bytes: Uint8Array }> {
  for (let first = 0; first < ranges.length; ) {
    signal?.throwIfAborted();
    const start = ranges[first]?.offset ?? 0;
    let behind = first + 1;
    while (behind < ranges.length && endOf(ranges[behind] as ByteRange) - start <= readAhead) behind += 1;
    const run = ranges.slice(first, behind);
    const end = endOf(run.at(-1) as ByteRange);
    const bytes = await source.read(start, end - start);
    if (bytes.length < end - start)
      throw refused('squashfs-invalid', `The squashfs image ends before byte ${end}`);
    for (const range of run)
      yield { range, bytes: bytes.subarray(range.offset - start, endOf(range) - start) };
    first = behind;
  }
}
