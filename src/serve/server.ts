/** Answers requests for machines' ISOs, until it is told to stop. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode, messageOf, OpsError, refused, usage } from '../errors.ts';
import type { Listening } from '../host/http-port.ts';
import { whyNamed } from '../host/system-error.ts';
import { type Ending, Exchange } from './http/exchange.ts';
import { pieceSize, Stalled } from './http/outlet.ts';
import { Turns } from './http/turns.ts';
import { refusalOf } from './http/well-formed.ts';
import { AddressLimit } from './limits.ts';
import { missesAllowed, type ServeOptions } from './options.ts';
import { Service } from './service.ts';

const minute = 60_000;
/** There is nothing there, or nothing for who asks. */
const missing: ReadonlySet<number> = new Set([401, 403, 404]);
/** Beyond the limit of connections: so many more are told to come again, the others are closed. */
const spare = 1000;

export interface Serving {
  readonly port: number;
  /** Lets answers end, up to the limit; cuts off what is left. */
  stop(): Promise<void>;
}

/** Throws OpsError: (refused) `listen-failed`; (usage) `tls-invalid`. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const server = new Server(options);
  return server.start();
}

class Server {
  readonly #options: ServeOptions;
  readonly #service: Service;
  readonly #requests: AddressLimit | undefined;
  readonly #misses: AddressLimit;
  /** Aborted when answers are cut off. */
  readonly #over = new AbortController();
  readonly #answering = new Set<Promise<void>>();
  readonly #turns = new Turns();
  #connections = 0;
  /** Those that came when there were as many as are answered. */
  readonly #beyond = new WeakSet<object>();
  #stopping = false;

  constructor(options: ServeOptions) {
    const { host, limits } = options;
    this.#options = options;
    this.#service = new Service(options, () => this.#connections);
    this.#requests =
      limits.requests === undefined ? undefined : new AddressLimit(host.clock, limits.requests, minute);
    this.#misses = new AddressLimit(host.clock, missesAllowed, minute);
  }

  async start(): Promise<Serving> {
    const { host, address, port, tls, limits } = this.#options;
    await this.#service.start();
    const listening = await host.sockets
      .listenHttp({
        ...{ address, port, headMs: 15_000, idleMs: 15_000 },
        mostConnections: limits.connections + spare,
        ...(tls === undefined ? {} : { tls }),
        connected: (socket) => this.#connected(socket),
        answer: (request, response) => this.#asked(request, response),
      })
      .catch((cause) => {
        if (isOfTls(cause)) throw tlsUnusable(cause);
        throw refused('listen-failed', `Cannot listen on ${address}:${port}: ${whyListening(cause)}`, {
          cause,
          hint: 'Choose another address or port with --listen.',
        });
      });
    return { port: listening.port, stop: () => this.#stop(listening) };
  }

  #connected(socket: Socket): void {
    this.#connections += 1;
    if (this.#connections > this.#options.limits.connections) this.#beyond.add(socket);
    socket.once('close', () => {
      this.#connections -= 1;
    });
  }

  #asked(request: IncomingMessage, response: ServerResponse): void {
    const answering = this.#turns.take(request.socket, () => this.#answer(request, response));
    if (answering === undefined) {
      request.socket.destroy();
      return;
    }
    this.#answering.add(answering);
    void answering.finally(() => this.#answering.delete(answering));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // It went away while what it had asked before was being answered.
    if (request.socket.destroyed) return;
    const { host, log, limits } = this.#options;
    const began = host.clock.monotonic();
    const exchange = new Exchange(request, response);
    // What is sent along with a GET is not wanted.
    if (request.method !== 'POST') request.resume();
    try {
      if (this.#stopping) response.setHeader('connection', 'close');
      const refusal = refusalOf(request);
      const wait = this.#mustWait(exchange);
      if (wait === undefined && refusal !== undefined)
        exchange.text(refusal.status, `${refusal.why}\n`, { connection: 'close' });
      else if (wait === undefined) await this.#service.answer(exchange, this.#over.signal);
      if (missing.has(response.statusCode)) this.#misses.add(exchange.client);
    } catch (error) {
      exchange.ending = endingOf(error, exchange, this.#over.signal);
      this.#service.failed(exchange, error);
    }
    const { metrics } = this.#service;
    metrics.request(exchange.kind, response.statusCode);
    if (exchange.streamed) metrics.ended(exchange.ending, exchange.sent);
    log({ event: 'request', ...exchange.line(host.clock.monotonic() - began) });
    await exchange.taken(limits.stallMs, pieceSize, () => log({ event: 'stalled', client: exchange.client }));
  }

  /** Answers who comes too often, or when too many are here, and gives the seconds that it has to wait. */
  #mustWait(exchange: Exchange): number | undefined {
    const { client, request } = exchange;
    const { limits } = this.#options;
    const refuse = (status: number, seconds: number, why: string) => {
      exchange.kind = 'limit';
      this.#service.metrics.refused();
      exchange.text(status, `${why} Come again in ${seconds} s.\n`, {
        'retry-after': `${seconds}`,
        connection: 'close',
      });
      return seconds;
    };
    if (this.#beyond.has(request.socket))
      return refuse(503, 10, `The server has ${limits.connections} connections, which is its limit.`);
    const often = this.#requests?.blocked(client);
    if (often !== undefined)
      return refuse(429, often, `One address may send ${limits.requests} requests in a minute.`);
    this.#requests?.add(client);
    const missed = this.#misses.blocked(client);
    if (missed !== undefined)
      return refuse(429, missed, 'Too many requests from this address asked for what there is not.');
    return undefined;
  }

  async #stop(listening: Listening): Promise<void> {
    const { host, limits } = this.#options;
    this.#stopping = true;
    const stopped = listening.stop();
    const told = this.#service.stop();
    const patience = new AbortController();
    const late = host.clock.sleep(limits.stopMs, patience.signal).then(
      () => {
        const reason = new Stopped();
        this.#over.abort(reason);
        this.#service.cut(reason);
        listening.destroy();
      },
      () => {},
    );
    await stopped;
    patience.abort();
    await Promise.all([late, told]);
    await Promise.all(this.#answering);
    await this.#service.close();
  }
}

class Stopped extends Error {}

function endingOf(error: unknown, { signal, request }: Exchange, over: AbortSignal): Ending {
  if (over.aborted || error instanceof Stopped) return 'stopped';
  if (error instanceof Stalled) return 'stalled';
  const changed = ['base-changed', 'file-changed', 'medium-changed'];
  if (error instanceof OpsError && changed.includes(error.code)) return 'changed';
  // A write may say it before the connection does.
  return signal.aborted || request.socket.destroyed ? 'gone' : 'failed';
}

/** What OpenSSL says of a certificate or a key before anything is listened on. */
const isOfTls = (error: unknown): boolean => /^ERR_(?:OSSL|SSL|TLS)_/.test(errorCode(error) ?? '');

const tlsUnusable = (cause: unknown) => {
  const { reason } = cause as { readonly reason?: string };
  return usage('tls-invalid', `TLS cannot use the certificate with its key: ${reason ?? messageOf(cause)}`, {
    cause,
    hint: 'Look at the certificates in the file and at the size of the key: RSA needs 2048 bits.',
  });
};

function whyListening(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'another program listens there';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine does not have that address';
  return whyNamed(error);
}
