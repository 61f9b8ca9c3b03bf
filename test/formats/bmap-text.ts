/** Block maps as bmaptool writes them, made by hand. */
import { createHash } from 'node:crypto';

export interface MadeMap {
  readonly version?: string;
  readonly blockSize?: number;
  /** First and last block. */
  readonly ranges: readonly (readonly [number, number])[];
  /** None: ranges without checksums. */
  readonly checksums?: boolean;
  readonly type?: 'sha256' | 'sha512';
  /** Changes the text before its own checksum is made. */
  readonly edit?: (text: string) => string;
}

export function bmapOf(image: Uint8Array, made: MadeMap): string {
  const { version = '2.0', blockSize = 4096, ranges, checksums = true, type = 'sha256' } = made;
  const rows = ranges.map(([first, last]) => {
    const bytes = image.subarray(first * blockSize, (last + 1) * blockSize);
    const sum = checksums ? ` chksum="${createHash(type).update(bytes).digest('hex')}"` : '';
    return `        <Range${sum}> ${first === last ? first : `${first}-${last}`} </Range>`;
  });
  const mapped = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const zeros = '0'.repeat(type === 'sha256' ? 64 : 128);
  const text = `<?xml version="1.0" ?>
<!-- This file contains the block map -->
<bmap version="${version}">
    <ImageSize> ${image.length} </ImageSize>
    <BlockSize> ${blockSize} </BlockSize>
    <BlocksCount> ${Math.ceil(image.length / blockSize)} </BlocksCount>
    <MappedBlocksCount> ${mapped}    </MappedBlocksCount>
    <ChecksumType> ${type} </ChecksumType>
    <BmapFileChecksum>${zeros}</BmapFileChecksum>
    <BlockMap>
${rows.join('\n')}
    </BlockMap>
</bmap>
`;
  return sealed(made.edit?.(text) ?? text, zeros, type);
}

/** With its own checksum in the place of the zeros. */
export const sealed = (text: string, zeros = '0'.repeat(64), type = 'sha256'): string =>
  text.replace(zeros, createHash(type).update(text, 'utf8').digest('hex'));
