/** What was found out of machines' ISOs, as long as memory allows: the least recently wanted goes first. */
import type { PersonalIso } from './personal-iso.ts';
import { SharedPieces } from './shared-pieces.ts';

/** Personalised at a time: more would only wait for the same processor, with all that they hold. */
const atOnce = 4;

/** Of an ISO beside its pieces: what says which they are, its names and versions. */
const ofEach = 1000;

export class PersonalCache {
  readonly #limit: number;
  readonly #kept = new Map<string, PersonalIso>();
  readonly #making = new Map<string, Promise<PersonalIso>>();
  readonly #waiting: (() => void)[] = [];
  readonly #pieces = new SharedPieces();
  #running = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#pieces.bytes + this.#kept.size * ofEach;
  }

  get entries(): number {
    return this.#kept.size;
  }

  /** Made once, however many ask for it at a time. What fails is not kept. */
  async get(key: string, make: () => Promise<PersonalIso>): Promise<PersonalIso> {
    const found = this.#kept.get(key);
    if (found !== undefined) {
      // Taken out and put in again: the map keeps the order of use.
      this.#kept.delete(key);
      this.#kept.set(key, found);
      return found;
    }
    const making = this.#making.get(key) ?? this.#make(key, make);
    this.#making.set(key, making);
    return making;
  }

  async #make(key: string, make: () => Promise<PersonalIso>): Promise<PersonalIso> {
    try {
      return this.#keep(key, await this.#inTurn(make));
    } finally {
      this.#making.delete(key);
    }
  }

  #keep(key: string, made: PersonalIso): PersonalIso {
    const kept = { ...made, spans: this.#pieces.share(made.spans) };
    this.#kept.set(key, kept);
    for (const [oldest, { spans }] of this.#kept) {
      if (this.bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#pieces.forget(spans);
    }
    return kept;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // The place goes to who waits.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
