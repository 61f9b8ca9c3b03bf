/** A stream that goes on while nobody reads: what comes meanwhile is kept, up to a limit. */

/**
 * The pieces of what `open` gives, which must stay good; at most about `limit` bytes of them wait at a time. `open` gets
 * a signal that ends it when nobody reads on. Throws what the stream throws, after what came before that.
 */
export async function* readAhead(
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const queue = new Queue(limit);
  const filling = fill(open(AbortSignal.any([signal, stop.signal])), queue);
  // Awaited when all that came is taken; a failure before that must not count as unhandled.
  filling.catch(() => {});
  try {
    for (let next = await queue.take(); next !== undefined; next = await queue.take()) yield next;
    await filling;
  } finally {
    stop.abort();
    queue.end();
    await filling.catch(() => {});
  }
}

async function fill(source: AsyncIterable<Uint8Array>, queue: Queue): Promise<void> {
  try {
    for await (const piece of source) if (!(await queue.put(piece))) return;
  } finally {
    queue.end();
  }
}

class Queue {
  readonly #limit: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #change = Promise.withResolvers<void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room for more; with false when nobody takes any more. */
  async put(piece: Uint8Array): Promise<boolean> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#changed();
    while (!this.#ended && this.#bytes >= this.#limit) await this.#change.promise;
    return !this.#ended;
  }

  /** undefined when nothing comes any more. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#pieces.length === 0 && !this.#ended) await this.#change.promise;
    const piece = this.#pieces.shift();
    this.#bytes -= piece?.length ?? 0;
    this.#changed();
    return piece;
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
