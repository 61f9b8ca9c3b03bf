/** Something of known size that is put together while it is sent: an ISO, a kernel, an initrd. */
import { createHash } from 'node:crypto';
import { type ByteRange, endOf, intersection } from '../../formats/byte-range.ts';
import type { PersonalIso } from './personal-iso.ts';
import { type Segment, segmentsOf } from './spans.ts';

export interface Content {
  /** Strong, in its quotes. */
  readonly etag: string;
  readonly size: number;
  /** The bytes of a range that lies in it, in order. */
  segments(range: ByteRange): readonly Segment[];
  /** Versions of the files whose bytes are read while they are sent. */
  readonly versions: ReadonlyMap<string, string>;
}

export const contentOf = ({ etag, size, spans, baseSize, versions }: PersonalIso): Content => ({
  ...{ etag, size, versions },
  segments: (range) => segmentsOf(spans, baseSize, range),
});

const lengthOf = (segment: Segment): number => {
  if (segment.kind === 'bytes') return segment.bytes.length;
  return segment.kind === 'zeros' ? segment.length : segment.range.length;
};

/** Segments one after the other, of the version of a base that `version` names. */
export function sequence(version: string, all: readonly Segment[]): Content {
  const hash = createHash('sha256').update(`${version}\n`);
  for (const segment of all)
    if (segment.kind === 'bytes') hash.update(`${segment.bytes.length}\n`).update(segment.bytes);
    else hash.update(`${JSON.stringify(segment)}\n`);
  return {
    etag: `"${hash.digest('base64url')}"`,
    size: all.reduce((sum, segment) => sum + lengthOf(segment), 0),
    versions: new Map(),
    segments: (range) => {
      const found: Segment[] = [];
      let offset = 0;
      for (const segment of all) {
        if (offset >= endOf(range)) break;
        const part = intersection({ offset, length: lengthOf(segment) }, range);
        if (part !== undefined) found.push(cut(segment, part.offset - offset, part.length));
        offset += lengthOf(segment);
      }
      return found;
    },
  };
}

function cut(segment: Segment, from: number, length: number): Segment {
  if (segment.kind === 'bytes') return { kind: 'bytes', bytes: segment.bytes.subarray(from, from + length) };
  if (segment.kind === 'zeros') return { kind: 'zeros', length };
  return { ...segment, range: { offset: segment.range.offset + from, length } };
}
