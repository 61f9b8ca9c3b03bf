/** Changes of what is known of machines, to whoever listens: Server-Sent Events, as the HTML standard has them. */
import type { Clock } from '../../host/ports.ts';
import type { Exchange } from '../http/exchange.ts';
import { historyOf, toldHistory } from './history.ts';
import type { ReportStore } from './store.ts';

/** Each has a connection for as long as a page is open. */
const mostListeners = 100;
/** Also what another replica was told shows after that time, in ms. */
const lookEveryMs = 1000;
/** Proxies and browsers give up a connection on which nothing comes; in ms. */
const heartbeatMs = 15_000;
/** Bytes that wait for a listener that reads nothing, before it is let go. */
const mostWaiting = 2 ** 20;

interface Listener {
  readonly exchange: Exchange;
  /** What it has been told, as the end of an answer of the store; 0 for nothing. */
  place: number;
  spokenMs: number;
}

export class Events {
  readonly #clock: Clock;
  readonly #store: ReportStore;
  readonly #failed: (error: unknown) => void;
  readonly #listeners = new Set<Listener>();
  readonly #closed = new AbortController();
  #loop: Promise<void> | undefined;
  #nudge = new AbortController();

  /** `failed` is told that the store did not answer. */
  constructor(clock: Clock, store: ReportStore, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#store = store;
    this.#failed = failed;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /**
   * First what is known of every machine (or what came since `Last-Event-ID`), then each change. Resolves when the
   * client is gone, or everything is closed.
   */
  async answer(exchange: Exchange): Promise<void> {
    if (this.#closed.signal.aborted || this.#listeners.size >= mostListeners) {
      exchange.text(503, `${mostListeners} are listening, which is the limit.\n`, { 'retry-after': '30' });
      return;
    }
    exchange.response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    if (exchange.isHead) {
      exchange.response.end();
      return;
    }
    const listener: Listener = { exchange, place: lastHeard(exchange), spokenMs: -Infinity };
    // Sent at once, so that the client knows that it is heard.
    this.#say(listener, 'retry: 3000\n\n');
    this.#listeners.add(listener);
    this.#loop ??= this.#watch().finally(() => {
      this.#loop = undefined;
    });
    this.look();
    // Who has closed its end does not listen any more; an answer without an end would keep the connection.
    exchange.request.socket.once('end', () => exchange.response.end());
    await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve()));
    this.#listeners.delete(listener);
    this.look();
  }

  /** Something has changed: listeners are told now, not with the next look. */
  look(): void {
    this.#nudge.abort();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    for (const { exchange } of this.#listeners) exchange.response.end();
    this.look();
    await this.#loop;
  }

  async #watch(): Promise<void> {
    while (this.#listeners.size > 0 && !this.#closed.signal.aborted) {
      this.#nudge = new AbortController();
      await this.#tell().catch(this.#failed);
      await this.#clock.sleep(lookEveryMs, this.#nudge.signal).catch(() => {});
    }
  }

  async #tell(): Promise<void> {
    const from = Math.min(...[...this.#listeners].map(({ place }) => place));
    const { end, machines } = await this.#store.changes(from);
    const lines: string[] = [];
    for (const name of machines) {
      const told = { v: 1, name, ...toldHistory(historyOf(await this.#store.get(name))) };
      lines.push(`id: ${end}\ndata: ${JSON.stringify(told)}\n\n`);
    }
    for (const listener of this.#listeners) {
      // A store that begins anew, in memory, has less than was heard of the one before.
      const behind = listener.place !== end;
      if (listener.place > end) listener.place = 0;
      else {
        if (behind && lines.length > 0) this.#say(listener, lines.join(''));
        listener.place = end;
      }
      if (this.#clock.monotonic() - listener.spokenMs >= heartbeatMs) this.#say(listener, ': \n\n');
    }
  }

  #say(listener: Listener, text: string): void {
    const { exchange } = listener;
    listener.spokenMs = this.#clock.monotonic();
    exchange.sent += text.length;
    exchange.response.write(text);
    if (exchange.response.writableLength > mostWaiting) exchange.cut();
  }
}

/** Of a client that comes again; another number than ours is as none. */
const lastHeard = (exchange: Exchange): number => {
  const heard = Number(exchange.header('last-event-id') ?? '0');
  return Number.isSafeInteger(heard) && heard > 0 ? heard : 0;
};
