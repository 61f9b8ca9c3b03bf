/** The raw bytes of an image for whoever writes them: unpacked, in pieces with their places, compared on the way. */
import { createHash, type Hash } from 'node:crypto';
import { refused } from '../../errors.ts';
import type { BlockMap, MappedRange } from '../../formats/bmap.ts';
import { endOf, intersection, joined, type PlacedBytes } from '../../formats/byte-range.ts';
import type { Host } from '../../host/ports.ts';
import type { Image } from '../../media/image-ref.ts';
import type { Packing } from '../../media/packed/kind.ts';
import { unpacked } from '../../media/packed/unpack.ts';
import { inOrder, rechunkPlaced } from '../../media/rechunk.ts';
import { MiB } from './written-image.ts';

/** Reading what nobody wants is quicker than asking for the next range, up to so many bytes. */
const gap = MiB;

export interface RawImage {
  readonly image: Image;
  readonly packing: Packing;
  readonly map: BlockMap | undefined;
  /** Of the file as it lies there, packed or not; null when nobody knows. */
  readonly sha256: string | null;
  /** Bytes of the file that were read so far. */
  readonly onRead?: (done: number) => void;
}

/**
 * The pieces, a MiB at most, in order; each is good until the next one is asked for. With a map, what is not in it may be
 * missing. Throws `iso-digest`, `image-damaged` (refused), and what reading does.
 */
export function rawPieces(
  host: Pick<Host, 'processes'>,
  raw: RawImage,
  signal: AbortSignal,
): AsyncGenerator<PlacedBytes> {
  const { image, packing } = raw;
  const map = fetchedBy(raw);
  if (map !== undefined) return rechunkPlaced(mappedParts(raw, map, signal), MiB);
  return rechunkPlaced(
    inOrder(unpacked(host, { packing, name: image.name, bytes: digested(raw, signal) })),
    MiB,
  );
}

/** The map by which only parts of the image are fetched; undefined when all of it has to be. */
const fetchedBy = ({ image, packing, map, sha256 }: RawImage): BlockMap | undefined =>
  packing === 'none' && sha256 === null && image.ranges ? map : undefined;

/** Bytes of the image when the pieces ended at `end`. */
export const sizeSeen = (raw: RawImage, end: number): number => fetchedBy(raw)?.imageSize ?? end;

/** Only what the map lists is fetched. */
async function* mappedParts({ image, onRead }: RawImage, map: BlockMap, signal: AbortSignal) {
  for (const range of joined(map.ranges, gap)) {
    const bytes = image.stream(range.offset, endOf(range), signal);
    for await (const part of inOrder(bytes, range.offset)) {
      yield part;
      onRead?.(endOf({ offset: part.offset, length: part.bytes.length }));
    }
  }
}

async function* digested(
  { image, sha256, onRead }: RawImage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = sha256 === null ? undefined : createHash('sha256');
  let done = 0;
  for await (const bytes of image.stream(0, undefined, signal)) {
    hash?.update(bytes);
    yield bytes;
    done += bytes.length;
    onRead?.(done);
  }
  if (hash === undefined || hash.digest('hex') === sha256) return;
  throw refused('iso-digest', `${image.name} does not have the expected SHA-256`, {
    hint: 'The image is a different one, or was changed on the way: check it and the expected digest.',
  });
}

/** A part of a piece that is to be written. */
export interface Taken extends PlacedBytes {
  /** Of the map; undefined without one. */
  readonly range: MappedRange | undefined;
}

/** Takes the parts that a map lists out of pieces in order, and compares their checksums. Without a map all is taken. */
export class MappedParts {
  readonly #map: BlockMap | undefined;
  readonly #name: string;
  #index = 0;
  #hash: Hash | undefined;
  #compared = 0;

  constructor(map: BlockMap | undefined, name: string) {
    this.#map = map;
    this.#name = name;
  }

  take(piece: PlacedBytes): Taken[] {
    if (this.#map === undefined) return [{ ...piece, range: undefined }];
    const whole = { offset: piece.offset, length: piece.bytes.length };
    const taken: Taken[] = [];
    for (;;) {
      const range = this.#map.ranges[this.#index];
      const part = range && intersection(range, whole);
      if (range === undefined || part === undefined) return taken;
      const start = part.offset - piece.offset;
      taken.push({ offset: part.offset, bytes: piece.bytes.subarray(start, start + part.length), range });
      if (endOf(part) < endOf(range)) return taken;
      this.#index += 1;
    }
  }

  /** Compares what was taken, in its order; apart, so that it is written meanwhile. Throws `bmap-checksum` (refused). */
  compare(taken: readonly Taken[]): void {
    for (const { offset, bytes, range } of taken) {
      if (this.#map === undefined || range === undefined) continue;
      if (range.checksum !== undefined) {
        this.#hash ??= createHash(this.#map.checksumType);
        this.#hash.update(bytes);
      }
      if (offset + bytes.length < endOf(range)) continue;
      if (this.#hash !== undefined && this.#hash.digest('hex') !== range.checksum)
        throw this.#mismatch('a checksum is wrong for', range);
      this.#hash = undefined;
      this.#compared += 1;
    }
  }

  /** Throws `bmap-checksum` (refused) when something of the map has not come. */
  end(): void {
    const missing = this.#map?.ranges[this.#compared];
    if (missing !== undefined) throw this.#mismatch('it ends before', missing);
  }

  #mismatch(what: string, range: MappedRange) {
    return refused('bmap-checksum', `${this.#name} is not the image of its block map`, {
      details: [`${what} bytes ${range.offset} to ${endOf(range)}`],
      hint: 'One of the two is of another version or damaged: fetch both again.',
    });
  }
}
