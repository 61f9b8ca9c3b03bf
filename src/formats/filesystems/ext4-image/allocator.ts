/** Gives out the data blocks of a new file system, one after the other. */
import { refused } from '../../../errors.ts';
import { type Geometry, placesOf } from './geometry.ts';

/** Neighbouring blocks, all in one group. */
export interface Run {
  readonly block: number;
  readonly count: number;
}

export class Allocator {
  readonly #geometry: Geometry;
  #group = 0;
  #next: number;
  /** Data blocks that were given out, by group. */
  readonly used: number[];

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#next = placesOf(geometry, 0).data;
    this.used = Array.from({ length: geometry.groups }, () => 0);
  }

  /** `count` blocks in as few runs as there can be. Throws `image-too-small` (refused) when there are none left. */
  take(count: number): Run[] {
    const runs: Run[] = [];
    for (let left = count; left > 0; ) {
      const { first, length } = placesOf(this.#geometry, this.#group);
      const here = Math.min(left, first + length - this.#next);
      if (here === 0) {
        this.#group += 1;
        if (this.#group >= this.#geometry.groups)
          throw refused('image-too-small', 'The content does not fit into the state partition');
        this.#next = placesOf(this.#geometry, this.#group).data;
        continue;
      }
      runs.push({ block: this.#next, count: here });
      this.used[this.#group] = (this.used[this.#group] ?? 0) + here;
      this.#next += here;
      left -= here;
    }
    return runs;
  }

  one(): number {
    return this.take(1)[0]?.block ?? 0;
  }
}
