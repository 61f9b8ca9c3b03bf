/** A stream as a source of bytes at offsets that only grow: what has been passed over is not kept. */
import type { ByteSource } from '../../formats/bytes.ts';

export class ForwardBytes implements ByteSource {
  /** Not known before the end. */
  readonly size = Number.POSITIVE_INFINITY;
  readonly #source: AsyncGenerator<Uint8Array>;
  /** A copy of what the source gave last, from `#offset` on. */
  #piece: Uint8Array = new Uint8Array();
  #offset = 0;

  constructor(source: AsyncGenerator<Uint8Array>) {
    this.#source = source;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this.pieces(offset, length)) parts.push(Uint8Array.from(part));
    return Buffer.concat(parts);
  }

  /** Piece by piece; each is good until the next one is asked for. */
  async *pieces(offset: number, length: number): AsyncGenerator<Uint8Array> {
    if (offset < this.#offset) throw new Error('a stream is not read backwards');
    for (let position = offset; position < offset + length; ) {
      if (position >= this.#offset + this.#piece.length) {
        if (!(await this.#next())) return;
        continue;
      }
      const start = position - this.#offset;
      const part = this.#piece.subarray(start, start + offset + length - position);
      position += part.length;
      yield part;
    }
  }

  /** Reads to the end, where checksums stand. */
  async drain(): Promise<void> {
    while (await this.#next());
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#offset += this.#piece.length;
    this.#piece = value;
    return true;
  }
}
