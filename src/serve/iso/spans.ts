/** What lies over a base, as runs that do not overlap, and a range of the result as what it is put together from. Pure. */
import { type ByteRange, endOf, intersection } from '../../formats/byte-range.ts';
import { type Content, type Piece, pieceRange, sizeOf } from '../../iso/pieces.ts';

/** In order of their places; between them, and up to the size of the base, the base shows. */
export type Spans = readonly Piece[];

/** A part of an answer. */
export type Segment =
  | { readonly kind: 'base'; readonly range: ByteRange }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly range: ByteRange }
  | { readonly kind: 'zeros'; readonly length: number };

/** Later pieces win, as they do where they are written one after the other. The bytes are copies of exactly that length. */
export function flattened(pieces: readonly Piece[]): Spans {
  let spans: Piece[] = [];
  for (const piece of pieces) {
    const range = pieceRange(piece);
    if (range.length === 0) continue;
    spans = [...spans.flatMap((span) => without(span, range)), piece];
  }
  return spans.toSorted((a, b) => a.offset - b.offset).map(compact);
}

/** What is left of a piece on both sides of a range. */
function without(piece: Piece, range: ByteRange): Piece[] {
  const own = pieceRange(piece);
  if (intersection(own, range) === undefined) return [piece];
  const before = { offset: own.offset, length: range.offset - own.offset };
  const after = { offset: endOf(range), length: endOf(own) - endOf(range) };
  return [before, after].filter(({ length }) => length > 0).map((part) => partOf(piece, part));
}

function partOf({ offset, content }: Piece, part: ByteRange): Piece {
  return { offset: part.offset, content: cut(content, part.offset - offset, part.length) };
}

function cut(content: Content, from: number, length: number): Content {
  if (content.kind === 'bytes') return { kind: 'bytes', bytes: content.bytes.subarray(from, from + length) };
  return { ...content, start: (content.start ?? 0) + from, size: length };
}

/** A view keeps all of what it is a view of in memory. */
const compact = ({ offset, content }: Piece): Piece => ({
  offset,
  content: content.kind === 'bytes' ? { kind: 'bytes', bytes: Uint8Array.from(content.bytes) } : content,
});

/** The bytes of `range`, which lies in the image, in order. */
export function segmentsOf(spans: Spans, baseSize: number, range: ByteRange): Segment[] {
  const segments: Segment[] = [];
  let position = range.offset;
  const upTo = (end: number) => {
    const shown = { offset: position, length: Math.min(end, baseSize) - position };
    if (shown.length > 0) segments.push({ kind: 'base', range: shown });
    const zeros = end - Math.max(position, baseSize);
    if (zeros > 0) segments.push({ kind: 'zeros', length: zeros });
    position = Math.max(position, end);
  };
  for (let index = firstBehind(spans, range.offset); index < spans.length; index += 1) {
    const span = spans[index] as Piece;
    const part = intersection(pieceRange(span), range);
    if (part === undefined) break;
    upTo(part.offset);
    const { content } = partOf(span, part);
    segments.push(
      content.kind === 'bytes'
        ? content
        : {
            kind: 'file',
            path: content.path,
            range: { offset: content.start ?? 0, length: sizeOf(content) },
          },
    );
    position = endOf(part);
  }
  upTo(endOf(range));
  return segments;
}

/** The first span that ends behind an offset. */
function firstBehind(spans: Spans, offset: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(pieceRange(spans[middle] as Piece)) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
