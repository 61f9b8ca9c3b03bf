/**
 * The block map of a raw image, for bmaptool: which blocks have to be written to a disk, and their digests. Version 2.0, as
 * bmap-tools' own BmapCreate.py describes it.
 */
import { createHash } from 'node:crypto';
import { type ByteRange, endOf } from '../byte-range.ts';
import { countOf } from './virtual-disk.ts';

export const bmapBlock = 4096;

/** A run of whole blocks (the last may end with the image) and the SHA-256 of its bytes. */
export interface MappedRange extends ByteRange {
  readonly sha256: string;
}

/** The text of the file. `size` is the image's, in bytes. */
export function renderBmap(size: number, ranges: readonly MappedRange[]): string {
  // The digest of the file is taken with zeros in its own place.
  const text = withDigest(size, ranges, '0'.repeat(64));
  return withDigest(size, ranges, createHash('sha256').update(text).digest('hex'));
}

function withDigest(size: number, ranges: readonly MappedRange[], digest: string): string {
  const mapped = Math.ceil(countOf(ranges, bmapBlock));
  const rows = ranges.map((range) => {
    const first = range.offset / bmapBlock;
    const last = Math.ceil(endOf(range) / bmapBlock) - 1;
    return `        <Range chksum="${range.sha256}"> ${first === last ? first : `${first}-${last}`} </Range>`;
  });
  return `<?xml version="1.0" ?>
<bmap version="2.0">
    <ImageSize> ${size} </ImageSize>
    <BlockSize> ${bmapBlock} </BlockSize>
    <BlocksCount> ${Math.ceil(size / bmapBlock)} </BlocksCount>
    <MappedBlocksCount> ${mapped} </MappedBlocksCount>
    <ChecksumType> sha256 </ChecksumType>
    <BmapFileChecksum> ${digest} </BmapFileChecksum>
    <BlockMap>
${rows.join('\n')}
    </BlockMap>
</bmap>
`;
}
