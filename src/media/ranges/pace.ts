/** Whether a transfer goes on: so that a server which sends a byte now and then is not waited for without end. */
import type { Clock } from '../../host/ports.ts';
import { Attempts, PassingFault, type RetryOptions } from '../../host/retry.ts';

const usualTries = 8;
/** This much more counts as going on, and all attempts are there again. A byte now and then does not. */
const worthwhile = 64 * 1024;
/** Less than that in this time is a stall, too. */
const slowMs = 60_000;

export interface PaceOptions extends Omit<RetryOptions, 'tries'> {
  /** How often in all, 8 when left out; what brings something along begins to count anew. */
  readonly tries?: number | undefined;
  /** The URL as it may be shown. */
  readonly shown: string;
}

/** The attempts at one transfer, and what came of it. */
export class Pace {
  readonly #clock: Clock;
  readonly #shown: string;
  readonly #attempts: Attempts;
  #since = 0;
  #at: number;

  constructor(options: PaceOptions) {
    this.#clock = options.clock;
    this.#shown = options.shown;
    this.#at = options.clock.monotonic();
    this.#attempts = new Attempts({ ...options, tries: options.tries ?? usualTries });
  }

  /** Milliseconds of the clock that it counts by. */
  now(): number {
    return this.#clock.monotonic();
  }

  /** Some bytes came and were worked on since `given`: that time is not the server's. Throws `url-slow`. */
  came(bytes: number, given: number): void {
    const now = this.#clock.monotonic();
    this.#at += now - given;
    this.#since += bytes;
    if (this.#since >= worthwhile) {
      this.#since = 0;
      this.#at = now;
      this.#attempts.progressed();
    } else if (now - this.#at > slowMs) throw slow(this.#shown);
  }

  /** Waits until it may be tried again; throws when it may not: `error`, or that it was given up. */
  async failed(error: unknown): Promise<void> {
    await this.#attempts.failed(error);
    this.#at = this.#clock.monotonic();
  }
}

const slow = (shown: string) =>
  new PassingFault('url-slow', `${shown} sends less than ${worthwhile / 1024} KiB in ${slowMs / 1000} s`, {
    hint: 'Check the network of this machine and how busy that server is.',
  });
