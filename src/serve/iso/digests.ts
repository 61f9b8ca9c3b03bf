/** SHA-256 of whole ISOs, each computed once: one after the other, as each takes a processor. */
import { createHash } from 'node:crypto';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import type { Files, PinnedFile } from '../../host/ports.ts';
import { type BaseVersion, baseChanged, fileChanged, openedFile } from './base.ts';
import type { Content } from './content.ts';
import type { Segment } from './spans.ts';

const pieceSize = 2 ** 20;
/** Of so many ISOs: 100 bytes each. */
const mostKept = 10_000;

export class Digests {
  readonly #files: Files;
  readonly #kept = new Map<string, Promise<string>>();
  readonly #over = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(files: Files) {
    this.#files = files;
  }

  /** Ends what is being computed, which throws `reason`: the whole of an ISO on a slow server can take hours. */
  stop(reason: unknown): void {
    this.#over.abort(reason);
  }

  /** In lower-case hex. Goes on when nobody waits any more; what failed is tried anew. */
  of(content: Content, base: BaseVersion): Promise<string> {
    const { etag } = content;
    const found = this.#kept.get(etag);
    if (found !== undefined) return found;
    const made = this.#last.then(() => this.#compute(content, base));
    this.#kept.set(etag, made);
    this.#last = made.catch(() => this.#kept.delete(etag));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
    return made;
  }

  async #compute(content: Content, base: BaseVersion): Promise<string> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    const hash = createHash('sha256');
    const add = (piece: Uint8Array) => {
      signal.throwIfAborted();
      hash.update(piece);
    };
    for (const segment of content.segments({ offset: 0, length: content.size })) {
      if (segment.kind === 'bytes') add(segment.bytes);
      else if (segment.kind === 'base')
        for await (const piece of basePieces(base, segment.range, signal)) add(piece);
      else if (segment.kind === 'file')
        for await (const piece of this.#contents(segment, content.versions.get(segment.path))) add(piece);
      else
        for (let done = 0; done < segment.length; done += pieceSize)
          add(new Uint8Array(Math.min(pieceSize, segment.length - done)));
    }
    return hash.digest('hex');
  }

  async *#contents({ path, range }: Segment & { kind: 'file' }, version: string | undefined) {
    const file = await openedFile(this.#files, path);
    try {
      if (file.version !== version) throw fileChanged(path);
      yield* filePieces(file, range, () => fileChanged(path));
    } finally {
      await file.close();
    }
  }
}

function basePieces(
  { from, base }: BaseVersion,
  range: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if ('readInto' in from) return filePieces(from, range, () => baseChanged(base.shown));
  return from.pieces(range, signal);
}

/** In the same memory each time. */
async function* filePieces(file: PinnedFile, range: ByteRange, changed: () => Error) {
  const buffer = Buffer.allocUnsafeSlow(Math.min(pieceSize, range.length));
  for (let offset = range.offset; offset < endOf(range); offset += pieceSize) {
    const part = buffer.subarray(0, Math.min(pieceSize, endOf(range) - offset));
    if ((await file.readInto(offset, part)) < part.length || !file.isSame()) throw changed();
    yield part;
  }
}
