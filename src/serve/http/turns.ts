/**
 * Requests of one connection, one after the other. Who sends several without waiting (RFC 9112, section 9.3.2) gets their
 * answers in that order anyhow: what is read for a later one meanwhile would only lie in memory.
 */

/** Behind the one that is being answered. Nobody who means well sends more at once. */
const mostWaiting = 32;

interface Turn {
  waiting: number;
  last: Promise<void>;
}

export class Turns {
  readonly #of = new WeakMap<object, Turn>();

  /** Runs `work`, which does not throw, when what came before on this connection has ended. Undefined when too many wait. */
  take(connection: object, work: () => Promise<void>): Promise<void> | undefined {
    const turn = this.#of.get(connection) ?? { waiting: 0, last: Promise.resolve() };
    this.#of.set(connection, turn);
    if (turn.waiting > mostWaiting) return undefined;
    turn.waiting += 1;
    turn.last = turn.last.then(work).finally(() => {
      turn.waiting -= 1;
    });
    return turn.last;
  }
}
