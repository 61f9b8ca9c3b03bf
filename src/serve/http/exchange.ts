/** One request and its answer, with what is counted and logged of them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, OpsError } from '../../errors.ts';
import { shownTarget } from './route.ts';

/** How an answer ended; `complete` also where it was short. */
export type Ending = 'complete' | 'gone' | 'stalled' | 'changed' | 'stopped' | 'failed';

/** Of a timer, in ms: 24 days. */
const longest = 2 ** 31 - 1;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: string;
  readonly isHead: boolean;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** More fields for the log. */
  readonly said: Record<string, unknown> = {};
  kind = 'other';
  /** Whether parts of an ISO were sent. */
  streamed = false;
  ending: Ending = 'complete';
  /** Bytes of content that were handed on. */
  sent = 0;
  readonly #controller = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.client = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    this.isHead = request.method === 'HEAD';
    this.signal = this.#controller.signal;
    response.on('close', () => this.#controller.abort(new ClientGone()));
    response.on('error', () => {});
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Ends it with a text. */
  text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
    const bytes = Buffer.from(body);
    this.response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
      'content-length': bytes.length,
    });
    this.sent = this.isHead ? 0 : bytes.length;
    this.response.end(this.isHead ? undefined : bytes);
  }

  /**
   * Cuts the connection, so that nobody takes what there is for all of it: a reset where the system has one. Under TLS
   * the missing end of the session says the same.
   */
  cut(): void {
    const { socket } = this.request;
    if (!('encrypted' in socket)) socket.resetAndDestroy();
    this.response.destroy();
  }

  /**
   * Resolves when the answer is out of this process, or the client gone. One that does not take it is let go, and
   * `stalled` called: it has `stallMs` for each `piece` bytes.
   */
  async taken(stallMs: number, piece: number, stalled: () => void): Promise<void> {
    if (this.signal.aborted) return;
    const pieces = 1 + Math.ceil(this.response.writableLength / piece);
    const late = setTimeout(
      () => {
        stalled();
        this.cut();
      },
      Math.min(stallMs * pieces, longest),
    );
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
    clearTimeout(late);
  }

  line(ms: number): Readonly<Record<string, unknown>> {
    const { method = '', url = '', httpVersion } = this.request;
    return {
      client: this.client,
      method: method.slice(0, 20),
      path: shownTarget(url),
      protocol: `HTTP/${httpVersion}`,
      status: this.response.headersSent ? this.response.statusCode : 0,
      sent: this.sent,
      ms: Math.round(ms),
      ended: this.ending,
      ...this.said,
    };
  }
}

class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** What a person sees of an error; `hide` takes secrets out. Bugs say no more than that they are one. */
export function errorText(error: unknown, hide: (text: string) => string): string {
  if (!(error instanceof OpsError)) return 'The server failed; its log says how.\n';
  const { message, details, hint } = error;
  const lines = [`${message}`, ...details.map((line) => `  ${line}`), ...(hint === undefined ? [] : [hint])];
  return `${lines.map(hide).join('\n')}\n`;
}

export const loggedError = (error: unknown, hide: (text: string) => string): string =>
  hide(error instanceof OpsError ? [error.message, ...error.details].join('; ') : messageOf(error));
