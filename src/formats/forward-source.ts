/** Bytes that come one after the other, read as a source by who never goes back. */
import type { ByteSource } from './bytes.ts';

export class ForwardSource implements ByteSource {
  /** Nobody knows before the end. */
  readonly size = Number.POSITIVE_INFINITY;
  readonly #pieces: AsyncIterator<Uint8Array>;
  /** What of the last piece was not read yet, and where it begins. */
  #rest: Uint8Array = new Uint8Array();
  #offset = 0;
  #ended = false;

  /** A piece is good until the next one is asked for. */
  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** At most `length` bytes, fewer only at the end. Throws for bytes that have passed. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#offset) throw new Error(`byte ${offset} has passed`);
    while (offset > this.#offset && (await this.#more()))
      this.#skip(Math.min(this.#rest.length, offset - this.#offset));
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length && offset === this.#offset - done && (await this.#more())) {
      const part = this.#rest.subarray(0, length - done);
      bytes.set(part, done);
      done += part.length;
      this.#skip(part.length);
    }
    return bytes.subarray(0, done);
  }

  /** Reads to the end: whatever is wrong there is thrown. */
  async drain(): Promise<void> {
    while (await this.#more()) this.#skip(this.#rest.length);
  }

  #skip(length: number): void {
    this.#rest = this.#rest.subarray(length);
    this.#offset += length;
  }

  async #more(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const next = await this.#pieces.next();
      if (next.done === true) this.#ended = true;
      else this.#rest = next.value;
    }
    return this.#rest.length > 0;
  }
}
