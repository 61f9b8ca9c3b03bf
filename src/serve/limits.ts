/** How much one address may ask in a while. */
import type { Clock } from '../host/ports.ts';

/** Addresses that are remembered; beyond, the oldest is forgotten. */
const mostAddresses = 10_000;

interface Count {
  count: number;
  readonly until: number;
}

export class AddressLimit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #most: number;
  readonly #windowMs: number;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Pick<Clock, 'monotonic'>, most: number, windowMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Seconds until the address may ask again; undefined when it may now. */
  blocked(address: string): number | undefined {
    const found = this.#current(address);
    if (found === undefined || found.count < this.#most) return undefined;
    return Math.max(1, Math.ceil((found.until - this.#clock.monotonic()) / 1000));
  }

  add(address: string): void {
    const found = this.#current(address);
    if (found !== undefined) {
      found.count += 1;
      return;
    }
    this.#counts.delete(address);
    this.#counts.set(address, { count: 1, until: this.#clock.monotonic() + this.#windowMs });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > mostAddresses && oldest !== undefined) this.#counts.delete(oldest);
  }

  #current(address: string): Count | undefined {
    const found = this.#counts.get(address);
    return found !== undefined && found.until > this.#clock.monotonic() ? found : undefined;
  }
}
