/** Where each part of a new file comes from: files of an older version on this machine, or the network. Pure. */
import type { BlockIndex, Piece } from '../../formats/block-index.ts';

export interface RemoteSegment {
  readonly from: 'remote';
  /** In the new file, in bytes. */
  readonly offset: number;
  readonly length: number;
}
export interface LocalSegment {
  readonly from: 'local';
  readonly offset: number;
  readonly length: number;
  /** Which of the local files, and the byte in it. */
  readonly file: number;
  readonly fileOffset: number;
  /** What should lie there, in order; offsets are those of the new file. */
  readonly pieces: readonly Piece[];
}
/** In order, they cover the new file; none follows one that it could be a part of. */
export type Segment = RemoteSegment | LocalSegment;

/**
 * What a request costs, in bytes that could come in its time: 10 ms at 50 Mbit/s. It decides which gaps are fetched
 * along, and when the whole file in one request is cheaper.
 */
export const requestCost = 64 * 1024;

/**
 * The segments of the file that `wanted` describes, out of files with the indexes `locals`. Without `ranges` the server
 * sends only whole files, and so one segment is the result.
 */
export function planDelta(
  wanted: BlockIndex,
  locals: readonly BlockIndex[],
  { ranges }: { readonly ranges: boolean },
): Segment[] {
  const whole: Segment[] = wanted.size === 0 ? [] : [{ from: 'remote', offset: 0, length: wanted.size }];
  if (!ranges) return whole;
  const segments = bridged(found(wanted.pieces, locals));
  return costOf(segments) < costOf(whole) ? segments : whole;
}

/** Bytes that are fetched. */
export const fetchedBytes = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { from, length }) => sum + (from === 'remote' ? length : 0), 0);

const costOf = (segments: readonly Segment[]): number =>
  fetchedBytes(segments) + segments.filter(({ from }) => from === 'remote').length * requestCost;

interface Place {
  readonly file: number;
  readonly piece: number;
}

function found(pieces: readonly Piece[], locals: readonly BlockIndex[]): Segment[] {
  const places = new Map<string, Place>();
  for (const [file, { pieces: own }] of locals.entries())
    for (const [piece, { digest }] of own.entries())
      if (!places.has(digest)) places.set(digest, { file, piece });
  const segments: Segment[] = [];
  let last: Place | undefined;
  for (const piece of pieces) {
    last = placeOf(piece, locals, places, last);
    append(segments, segmentOf(piece, locals, last));
  }
  return segments;
}

/** Where `piece` lies; behind the piece before it, if it lies there too: that makes one read of both. */
function placeOf(
  { digest, length }: Piece,
  locals: readonly BlockIndex[],
  places: ReadonlyMap<string, Place>,
  last: Place | undefined,
): Place | undefined {
  const next = last && { file: last.file, piece: last.piece + 1 };
  for (const place of [next, places.get(digest)]) {
    const there = place && locals[place.file]?.pieces[place.piece];
    if (there?.digest === digest && there.length === length) return place;
  }
  return undefined;
}

function segmentOf(piece: Piece, locals: readonly BlockIndex[], place: Place | undefined): Segment {
  const { offset, length } = piece;
  const there = place && locals[place.file]?.pieces[place.piece];
  if (place === undefined || there === undefined) return { from: 'remote', offset, length };
  return { from: 'local', offset, length, file: place.file, fileOffset: there.offset, pieces: [piece] };
}

/** Adds a segment, as a part of the last one where it continues that. */
function append(segments: Segment[], next: Segment): void {
  const last = segments.at(-1);
  const length = (last?.length ?? 0) + next.length;
  if (last?.from === 'remote' && next.from === 'remote') segments[segments.length - 1] = { ...last, length };
  else if (last?.from === 'local' && next.from === 'local' && follows(last, next)) {
    // Not copied: a file has a hundred thousand pieces, and most follow each other.
    (last.pieces as Piece[]).push(...next.pieces);
    segments[segments.length - 1] = { ...last, length };
  } else segments.push(next);
}

const follows = (last: LocalSegment, next: LocalSegment): boolean =>
  last.file === next.file && last.fileOffset + last.length === next.fileOffset;

/** What lies between two ranges that are fetched, and is smaller than a request costs, is fetched along. */
function bridged(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  let between: Segment[] = [];
  let length = 0;
  for (const segment of segments) {
    if (segment.from === 'local') {
      between.push(segment);
      length += segment.length;
      continue;
    }
    const bridge = result.at(-1)?.from === 'remote' && length <= requestCost;
    for (const local of between)
      append(result, bridge ? { from: 'remote', offset: local.offset, length: local.length } : local);
    append(result, segment);
    between = [];
    length = 0;
  }
  return [...result, ...between];
}
