/**
 * What is tried again over the network, and after which waits: one policy for everything that fetches. Callers give
 * the number of tries. What the port itself tries again is GET and PUT, which are idempotent (RFC 9110, section 9.2.2);
 * who sends something else knows what doing it twice means.
 */
import { errorCode, OpsError, type OpsErrorOptions, refused } from '../errors.ts';
import type { Clock, HttpStream } from './ports.ts';

/** 1, 2, 4, 8, 16, 30, 30, … seconds: a network that is not up yet, a server that restarts. */
const firstWaitMs = 1_000;
const longestWaitMs = 30_000;
/** A server may ask for more than that, within reason. */
const longestAskedMs = 120_000;
/** Where even not reaching a server takes long (a name server that is silent), no attempt begins after this. */
const unreachedLimitMs = 60_000;
/** The same of a server that never answered somebody who waits: see `NeverAnswered`. */
const firstContactTries = 3;
const firstContactLimitMs = 20_000;

/** A fault that may be gone when it is tried again: a busy or silent server, an answer that ends too early. */
export class PassingFault extends OpsError {
  /** How long the server asked to be left alone, in milliseconds. */
  readonly askedMs: number;

  constructor(
    code: string,
    message: string,
    { askedMs = 0, ...options }: OpsErrorOptions & { readonly askedMs?: number } = {},
  ) {
    super('refused', code, message, options);
    this.askedMs = askedMs;
  }
}

/** A passing fault of a server that has not answered yet, where somebody waits (`src/operation/first-contact.ts`): few tries, soon over. */
export class NeverAnswered extends PassingFault {
  constructor(cause: OpsError) {
    const { code, message, hint, details } = cause;
    super(code, message, { cause: cause.cause, details, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The server was not reached (errno(3), getaddrinfo(3)). */
const unreached = new Set([
  ...['ECONNREFUSED', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ETIMEDOUT'],
  ...['ENOTFOUND', 'EAI_AGAIN'],
]);
/** The connection ended in the middle, in the words of the kernel, of Node and of got. */
const cut = new Set([
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'],
  ...['ERR_READING_RESPONSE_STREAM', 'ERR_HTTP_CONTENT_LENGTH_MISMATCH'],
]);
/** Statuses that say "not now": RFC 9110 15.5.9, 15.6; RFC 8470 section 5.2; RFC 6585 section 4. */
export const busyStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * True for what may be gone next time. Asking again makes no path right; a certificate becomes valid only when the clock
 * is set meanwhile (`clock-behind`).
 */
export const isPassing = (error: unknown): error is OpsError =>
  error instanceof PassingFault || isUnreached(error) || (isNetwork(error) && cut.has(causeOf(error)));

const isUnreached = (error: unknown): error is OpsError => isNetwork(error) && unreached.has(causeOf(error));
const isNetwork = (error: unknown): error is OpsError =>
  error instanceof OpsError && error.code === 'url-unreachable';
const causeOf = (error: OpsError): string => errorCode(error.cause) ?? '';

/** What an answer with this status is refused with. */
export function statusRefusal(
  url: string,
  { status, headers }: Pick<HttpStream, 'status' | 'headers'>,
): OpsError {
  const message = `${url} answered with HTTP status ${status}`;
  const hint =
    status === 404 ? 'There is nothing at that URL: check its spelling.' : 'Check the log of that server.';
  return busyStatuses.has(status)
    ? new PassingFault('url-status', message, { hint, askedMs: retryAfterMs(headers) })
    : refused('url-status', message, { hint });
}

/** Retry-After (RFC 9110, section 10.2.3), a date by the server's own clock; 0 when there is none. */
export function retryAfterMs(headers: HttpStream['headers']): number {
  const { 'retry-after': after, date } = headers;
  if (typeof after !== 'string') return 0;
  if (/^\d+$/.test(after)) return Number(after) * 1000;
  const ms = Date.parse(after) - Date.parse(String(date));
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

export interface RetryOptions {
  /** How often in all; what brings something along begins to count anew. */
  readonly tries: number;
  readonly clock: Clock;
  /** Told before each new attempt. */
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The attempts at one thing. */
export class Attempts {
  readonly #options: RetryOptions;
  #failed = 0;
  /** When the last sign of a server came, or else the attempt began. */
  #since: number;
  #unreachedMs = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
    this.#since = options.clock.monotonic();
  }

  /** Something came. */
  alive(): void {
    this.#since = this.#options.clock.monotonic();
    this.#unreachedMs = 0;
  }

  /** It goes on: all attempts are there again. */
  progressed(): void {
    this.#failed = 0;
    this.alive();
  }

  /** Waits until it may be tried again; throws when it may not: `error`, or that it was given up. */
  async failed(error: unknown): Promise<void> {
    const { tries, clock, say, signal } = this.#options;
    signal?.throwIfAborted();
    if (!isPassing(error)) throw error;
    this.#failed += 1;
    const now = clock.monotonic();
    const first = error instanceof NeverAnswered;
    if (first || isUnreached(error)) this.#unreachedMs += now - this.#since;
    const most = first ? Math.min(tries, firstContactTries) : tries;
    const limitMs = first ? firstContactLimitMs : unreachedLimitMs;
    if (this.#failed >= most || this.#unreachedMs > limitMs) throw gaveUp(error, this.#failed);
    const asked = error instanceof PassingFault ? Math.min(error.askedMs, longestAskedMs) : 0;
    const wait = Math.max(Math.min(firstWaitMs * 2 ** (this.#failed - 1), longestWaitMs), asked);
    say?.(`${error.message}; trying again in ${wait / 1000} s (${this.#failed + 1} of ${most})`);
    await clock.sleep(wait, signal);
    this.#since = clock.monotonic();
  }
}

/** Does `work` until it succeeds or is given up; it calls `alive` when something comes. */
export async function retrying<T>(
  options: RetryOptions,
  work: (alive: () => void) => Promise<T>,
): Promise<T> {
  const attempts = new Attempts(options);
  for (;;) {
    try {
      return await work(() => attempts.alive());
    } catch (error) {
      await attempts.failed(error);
    }
  }
}

function gaveUp(last: OpsError, times: number): OpsError {
  if (times === 1) return last;
  const { code, message, hint, details } = last;
  return refused(code, `${message}; gave up after ${times} attempts`, {
    cause: last,
    details,
    ...(hint === undefined ? {} : { hint }),
  });
}
