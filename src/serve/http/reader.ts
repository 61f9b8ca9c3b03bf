/**
 * Reads pieces of a file that one client is sent. From the page cache at once: handing each to a thread and waiting for
 * it takes as long again as copying it. What comes from the disk is left to threads, as others would wait for it.
 */
import type { PinnedFile } from '../../host/ports.ts';

/** In ms: 128 KiB out of memory take a fortieth of it. */
const slow = 2;
/** After a slow one, so many pieces are read by threads before the page cache is tried again. */
const afterSlow = 16;

export class Reader {
  readonly #file: PinnedFile;
  #left = 0;

  constructor(file: PinnedFile) {
    this.#file = file;
  }

  isFast(): boolean {
    return this.#left === 0;
  }

  now(offset: number, target: Uint8Array): number {
    const began = performance.now();
    const done = this.#file.readNow(offset, target);
    if (performance.now() - began > slow) this.#left = afterSlow;
    return done;
  }

  async later(offset: number, target: Uint8Array): Promise<number> {
    this.#left -= 1;
    return this.#file.readInto(offset, target);
  }
}
