/** Bytes to one client, no faster than it takes them, and no slower than is waited for. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../host/ports.ts';

/** Of each piece that is read and sent: smaller ones take longer, larger ones more memory and no less time. */
export const pieceSize = 128 * 1024;
/** One is filled while another is sent. */
const buffers = 2;

export interface OutletOptions {
  readonly clock: Clock;
  /** A client that does not take a piece within this is let go. */
  readonly stallMs: number;
  /** Bytes a second; undefined for as fast as it goes. */
  readonly rate: number | undefined;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** Why a client was let go: said in the log. */
export class Stalled extends Error {}

interface Sent {
  readonly began: number;
  readonly fail: (error: unknown) => void;
}

export class Outlet {
  readonly #response: ServerResponse;
  readonly #options: OutletOptions;
  /** Memory to read into, and what it waits for while its bytes are being sent. */
  readonly #ring: { readonly bytes: Uint8Array; sent: Promise<void> }[] = [];
  readonly #pending = new Set<Sent>();
  readonly #watch: NodeJS.Timeout;
  #next = 0;
  #began: number | undefined;
  sent = 0;

  /** To be closed. */
  constructor(response: ServerResponse, options: OutletOptions) {
    this.#response = response;
    this.#options = options;
    options.signal.addEventListener('abort', this.#gone);
    // One for all pieces: a timer for each is a tenth of what sending it takes.
    this.#watch = setInterval(() => this.#look(), Math.min(1000, options.stallMs / 2));
  }

  close(): void {
    clearInterval(this.#watch);
    this.#options.signal.removeEventListener('abort', this.#gone);
  }

  readonly #gone = (): void => this.#fail(this.#options.signal.reason);

  #look(): void {
    const { clock, stallMs } = this.#options;
    const [first] = this.#pending;
    if (first !== undefined && clock.monotonic() - first.began > stallMs)
      this.#fail(new Stalled(`took less than ${pieceSize} bytes in ${stallMs / 1000} s`));
  }

  #fail(error: unknown): void {
    for (const { fail } of this.#pending) fail(error);
    this.#pending.clear();
  }

  /** Memory to read into, as soon as there is some. */
  async buffer(): Promise<{ readonly bytes: Uint8Array; sent: Promise<void> }> {
    const index = this.#next;
    this.#next = (index + 1) % buffers;
    const known = this.#ring[index];
    if (known !== undefined) {
      await known.sent;
      return known;
    }
    const made = { bytes: Buffer.allocUnsafeSlow(pieceSize), sent: Promise.resolve() };
    this.#ring[index] = made;
    return made;
  }

  /** Resolves when all that was handed on is out, or has failed. */
  async idle(): Promise<void> {
    for (const { sent } of this.#ring) await sent;
  }

  /** Hands bytes on; resolves when they are out, and their memory can be used again. */
  async send(bytes: Uint8Array): Promise<void> {
    const { signal, clock, rate } = this.#options;
    signal.throwIfAborted();
    if (rate !== undefined) await this.#paced(rate);
    this.sent += bytes.length;
    await new Promise<void>((resolve, reject) => {
      const sent = { began: clock.monotonic(), fail: reject };
      this.#pending.add(sent);
      this.#response.write(bytes, (error) => {
        this.#pending.delete(sent);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async #paced(rate: number): Promise<void> {
    const { clock, signal } = this.#options;
    this.#began ??= clock.monotonic();
    const due = this.#began + (this.sent / rate) * 1000;
    const wait = due - clock.monotonic();
    if (wait > 0) await clock.sleep(wait, signal);
  }
}
