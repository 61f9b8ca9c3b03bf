/** Entries of 8 bytes, big-endian, of tables that are read slice by slice: only the last few slices are kept. */
import type { ByteSource } from '../bytes.ts';

const sliceSize = 4096;
const slicesKept = 32;

export class TableReader {
  readonly #source: ByteSource;
  readonly #cut: (where: string) => Error;
  readonly #slices = new Map<number, Buffer>();
  #latest: { readonly number: number; readonly slice: Buffer } | undefined;

  /** `cut` makes the error for a table, named as the reader calls it, that goes on behind the end of the source. */
  constructor(source: ByteSource, cut: (where: string) => Error) {
    this.#source = source;
    this.#cut = cut;
  }

  /** The entry at `offset`, a multiple of 8. */
  async entry(offset: number, where: string): Promise<bigint> {
    const slice = await this.#slice(Math.floor(offset / sliceSize));
    const at = offset % sliceSize;
    if (at + 8 > slice.length) throw this.#cut(where);
    return slice.readBigUInt64BE(at);
  }

  async #slice(number: number): Promise<Buffer> {
    if (this.#latest?.number === number) return this.#latest.slice;
    const offset = number * sliceSize;
    const length = Math.max(0, Math.min(sliceSize, this.#source.size - offset));
    const slice = this.#slices.get(number) ?? Buffer.from(await this.#source.read(offset, length));
    // Taken out and put in again: the map keeps the order of use.
    this.#slices.delete(number);
    this.#slices.set(number, slice);
    const [oldest] = this.#slices.keys();
    if (this.#slices.size > slicesKept && oldest !== undefined) this.#slices.delete(oldest);
    this.#latest = { number, slice };
    return slice;
  }
}
