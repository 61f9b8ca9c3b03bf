/** The identifiers of a folder. Long names share their first letters, and thousands of them must not be counted through each time. */

/** Of names that begin alike, as many as four digits tell apart. */
const mostAlike = 10_000;

export class Identifiers {
  readonly #taken: Set<string>;
  /** By the identifier without a number: the first number that was free the last time. */
  readonly #next = new Map<string, number>();

  /** The entries, apart from the folder itself and its parent, are sorted by identifier (9.3). */
  readonly inOrder: boolean;

  constructor(taken: readonly Uint8Array[]) {
    this.inOrder = taken.every(
      (next, index) => index < 3 || Buffer.compare(taken[index - 1] ?? next, next) <= 0,
    );
    this.#taken = new Set(taken.map(keyOf));
  }

  add(identifier: Uint8Array): void {
    this.#taken.add(keyOf(identifier));
  }

  /** The first of `numbered(0)`, `numbered(1)` and so on that no entry has; undefined when all are taken. */
  free(numbered: (number: number) => Uint8Array): Uint8Array | undefined {
    const plain = keyOf(numbered(0));
    for (let number = this.#next.get(plain) ?? 0; number < mostAlike; number += 1) {
      const wanted = numbered(number);
      if (this.#taken.has(keyOf(wanted))) continue;
      this.#next.set(plain, number);
      return wanted;
    }
    return undefined;
  }
}

const keyOf = (identifier: Uint8Array): string => Buffer.from(identifier).toString('latin1');
