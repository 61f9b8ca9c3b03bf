/** A device in memory that takes room only where something was written. */
const page = 65_536;

export class SparseBytes {
  readonly size: number;
  readonly #pages = new Map<number, Uint8Array>();

  constructor(size: number) {
    this.size = size;
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.size, offset + length);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (const { index, from, at, count } of spans(offset, bytes.length)) {
      const held = this.#pages.get(index);
      if (held !== undefined) bytes.set(held.subarray(from, from + count), at);
    }
    return bytes;
  }

  /** Reads into memory that is there; gives how many bytes. Most of what tests read are zeros, which nothing copies. */
  readInto(offset: number, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, this.size - offset));
    for (const { index, from, at, count } of spans(offset, length)) {
      const held = this.#pages.get(index);
      if (held === undefined) target.fill(0, at, at + count);
      else target.set(held.subarray(from, from + count), at);
    }
    return length;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.size)
      throw Object.assign(new Error('ENOSPC: past the end'), { code: 'ENOSPC' });
    for (const { index, from, at, count } of spans(offset, bytes.length)) {
      const held = this.#pages.get(index) ?? new Uint8Array(page);
      held.set(bytes.subarray(at, at + count), from);
      this.#pages.set(index, held);
    }
  }
}

function* spans(offset: number, length: number) {
  for (let at = 0; at < length; ) {
    const index = Math.floor((offset + at) / page);
    const from = (offset + at) % page;
    const count = Math.min(page - from, length - at);
    yield { index, from, at, count };
    at += count;
  }
}
