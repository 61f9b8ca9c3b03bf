/** A new file, put together from its segments: what local files have, each piece compared before it counts, and the rest. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { type Piece, shortDigest } from '../../formats/block-index.ts';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import type { LocalSegment, Segment } from './segments.ts';

/** Read at once of a local file, in bytes; a piece has at most a quarter. */
const readAhead = 4 * 2 ** 20;

export interface Assembly {
  readonly segments: readonly Segment[];
  /** The local files, as the segments number them. */
  readonly locals: readonly ByteSource[];
  /** The bytes of ranges of the new file, one after the other. */
  fetch(ranges: readonly ByteRange[]): AsyncGenerator<Uint8Array>;
  /** Told of each piece that a local file should have, and has not: it is fetched. */
  missing?(piece: Piece): void;
  readonly signal: AbortSignal;
}

/**
 * The bytes of the new file, in order. A piece is good until the next one is asked for. Throws what `fetch` throws, and
 * OpsError (refused) `url-incomplete` when that gives too little.
 */
export async function* assemble(assembly: Assembly): AsyncGenerator<Uint8Array> {
  const { segments, fetch, signal } = assembly;
  const remote = new Pieces(fetch(segments.filter(({ from }) => from === 'remote')));
  try {
    for (const segment of segments) {
      signal.throwIfAborted();
      if (segment.from === 'remote') yield* remote.take(segment.length);
      else yield* localBytes(segment, assembly);
    }
  } finally {
    await remote.close();
  }
}

/** A stream that is taken by numbers of bytes. */
class Pieces {
  readonly #stream: AsyncGenerator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncGenerator<Uint8Array>) {
    this.#stream = stream;
  }

  async *take(length: number): AsyncGenerator<Uint8Array> {
    for (let missing = length; missing > 0; ) {
      if (this.#left.length === 0) {
        const { done, value } = await this.#stream.next();
        if (done) throw tooLittle(missing);
        this.#left = value;
      }
      const bytes = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(bytes.length);
      missing -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  }

  async close(): Promise<void> {
    await this.#stream.return(undefined);
  }
}

const tooLittle = (missing: number) =>
  refused('url-incomplete', `The server sent ${missing} bytes less than were requested`, {
    hint: 'Run the command again.',
  });

async function* localBytes(segment: LocalSegment, assembly: Assembly): AsyncGenerator<Uint8Array> {
  const { pieces, offset, fileOffset } = segment;
  for (let first = 0; first < pieces.length; ) {
    assembly.signal.throwIfAborted();
    const start = pieces[first]?.offset ?? 0;
    let behind = first + 1;
    while (behind < pieces.length && endOf(pieces[behind] as Piece) - start <= readAhead) behind += 1;
    const run = pieces.slice(first, behind);
    const source = assembly.locals[segment.file];
    const wanted = endOf(run.at(-1) as Piece) - start;
    const bytes = await readOrNothing(source, fileOffset + start - offset, wanted);
    for (const piece of run) {
      const found = bytes.subarray(piece.offset - start, endOf(piece) - start);
      if (matches(found, piece)) yield found;
      else {
        assembly.missing?.(piece);
        const fetched = new Pieces(assembly.fetch([piece]));
        try {
          yield* fetched.take(piece.length);
        } finally {
          await fetched.close();
        }
      }
    }
    first = behind;
  }
}

/** A local file that cannot be read is one that has nothing: all of it can be fetched. */
async function readOrNothing(
  source: ByteSource | undefined,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  try {
    return (await source?.read(offset, length)) ?? new Uint8Array(0);
  } catch {
    return new Uint8Array(0);
  }
}

const matches = (bytes: Uint8Array, { length, digest }: Piece): boolean =>
  bytes.length === length && shortDigest(createHash('sha256').update(bytes).digest('hex')) === digest;
