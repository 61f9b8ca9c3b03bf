/** A new file, put together from its segments: what local files have, each piece compared before it counts, and the rest. */
import { createHash } from 'node:crypto';
import { refused } from '../../errors.ts';
import { largestPiece, type Piece, shortDigest } from '../../formats/block-index.ts';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import type { OpenFile } from '../../host/ports.ts';
import type { LocalSegment, Segment } from './segments.ts';

/** Read at once of a local file, in bytes; twice as much is in memory. */
const readSize = largestPiece;

export type LocalBytes = Pick<OpenFile, 'readInto'>;

export interface Assembly {
  readonly segments: readonly Segment[];
  /** The local files, as the segments number them. */
  readonly locals: readonly LocalBytes[];
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
  const longest = segments.reduce(
    (most, { from, length }) => (from === 'local' ? Math.max(most, length) : most),
    0,
  );
  const size = Math.min(readSize, longest);
  const memory = [new Uint8Array(size), new Uint8Array(size)] as const;
  try {
    for (const segment of segments) {
      signal.throwIfAborted();
      if (segment.from === 'remote') yield* remote.take(segment.length);
      else yield* localBytes(segment, assembly, memory);
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

/** One piece of memory is read into while what lies in the other is worked on. */
async function* localBytes(
  { pieces, offset, file, fileOffset }: LocalSegment,
  { locals, missing, fetch, signal }: Assembly,
  memory: readonly [Uint8Array, Uint8Array],
): AsyncGenerator<Uint8Array> {
  const runs = runsOf(pieces);
  const read = async (index: number): Promise<Uint8Array> => {
    const { start = 0, end = 0 } = runs[index] ?? {};
    const into = memory[index % 2 === 0 ? 0 : 1].subarray(0, end - start);
    return readOrNothing(locals[file], fileOffset + start - offset, into);
  };
  let next = read(0);
  try {
    for (const [index, run] of runs.entries()) {
      signal.throwIfAborted();
      const bytes = await next;
      next = read(index + 1);
      for (const piece of run.pieces) {
        const found = bytes.subarray(piece.offset - run.start, endOf(piece) - run.start);
        if (matches(found, piece)) yield found;
        else {
          missing?.(piece);
          const fetched = new Pieces(fetch([piece]));
          try {
            yield* fetched.take(piece.length);
          } finally {
            await fetched.close();
          }
        }
      }
    }
  } finally {
    await next;
  }
}

/** Pieces, which follow each other, that are read at once; places are those of the new file. */
interface ReadRun {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly Piece[];
}

function runsOf(pieces: readonly Piece[]): ReadRun[] {
  const runs: ReadRun[] = [];
  for (let first = 0; first < pieces.length; ) {
    const start = pieces[first]?.offset ?? 0;
    let behind = first + 1;
    while (behind < pieces.length && endOf(pieces[behind] as Piece) - start <= readSize) behind += 1;
    const run = pieces.slice(first, behind);
    runs.push({ start, end: endOf(run.at(-1) as Piece), pieces: run });
    first = behind;
  }
  return runs;
}

/** A local file that cannot be read is one that has nothing: all of it can be fetched. */
async function readOrNothing(
  source: LocalBytes | undefined,
  offset: number,
  into: Uint8Array,
): Promise<Uint8Array> {
  try {
    return into.subarray(0, (await source?.readInto(offset, into)) ?? 0);
  } catch {
    return into.subarray(0, 0);
  }
}

const matches = (bytes: Uint8Array, { length, digest }: Piece): boolean =>
  bytes.length === length && shortDigest(createHash('sha256').update(bytes).digest('hex')) === digest;
