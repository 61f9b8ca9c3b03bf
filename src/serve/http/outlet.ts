/** Bytes to one client, no faster than it takes them, and no slower than is waited for. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../host/ports.ts';

/** Of each piece that is read and sent: measured, see docs/serving.md. */
export const pieceSize = 256 * 1024;
/** One is read while another is sent. */
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

export class Outlet {
  readonly #response: ServerResponse;
  readonly #options: OutletOptions;
  /** Those that nobody reads any more, and what those that are being sent wait for. */
  readonly #ring: { readonly bytes: Uint8Array; sent: Promise<void> }[] = [];
  #next = 0;
  #began: number | undefined;
  sent = 0;

  constructor(response: ServerResponse, options: OutletOptions) {
    this.#response = response;
    this.#options = options;
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
    const { signal, stallMs } = this.#options;
    signal.throwIfAborted();
    await this.#paced();
    this.sent += bytes.length;
    await new Promise<void>((resolve, reject) => {
      const gone = () => settle(signal.reason);
      const timer = setTimeout(
        () => settle(new Stalled(`took less than ${bytes.length} bytes in ${stallMs / 1000} s`)),
        stallMs,
      );
      const settle = (error?: unknown) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', gone);
        if (error === undefined || error === null) resolve();
        else reject(error);
      };
      signal.addEventListener('abort', gone, { once: true });
      this.#response.write(bytes, settle);
    });
  }

  async #paced(): Promise<void> {
    const { clock, rate, signal } = this.#options;
    if (rate === undefined) return;
    this.#began ??= clock.monotonic();
    const due = this.#began + (this.sent / rate) * 1000;
    const wait = due - clock.monotonic();
    if (wait > 0) await clock.sleep(wait, signal);
  }
}
