/**
 * Asks a metadata service over HTTP. Most machines are not in the cloud whose service is asked for, so that a
 * service that does not answer costs little; one that answers badly is said clearly and given up.
 */
import { messageOf, OpsError } from '../../../errors.ts';
import type { GetOptions, Host, HttpResponse } from '../../../host/ports.ts';

/** Bytes. Clouds take 16 KiB to 256 KiB of user data; a binary on a private cloud may be larger. */
export const userDataLimit = 8 * 1024 * 1024;

/** A link-local service is a hop away, and the network is up when it is asked. */
const connectTimeoutMs = 2000;
/** For a source as a whole, however many requests it makes. */
const sourceTimeoutMs = 6000;
const betweenTriesMs = 500;
const tries = 2;

/** The service answered, and what it answered cannot be used. The message is for a person. */
export class BadAnswer extends Error {}

export interface ServiceOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Throws BadAnswer for an answer that shows that this is another service. */
  readonly check?: (response: HttpResponse) => void;
}

type Request = Pick<GetOptions, 'method' | 'headers' | 'localPorts'>;

export class MetadataService {
  readonly #host: Host;
  readonly #base: string;
  readonly #options: ServiceOptions;
  readonly #end: number;
  /** Somebody listens there. */
  #answered = false;
  /** It knows what it was asked for: it is the service that was looked for. */
  #recognised = false;

  constructor(host: Host, base: string, options: ServiceOptions = {}) {
    this.#host = host;
    this.#base = base;
    this.#options = options;
    this.#end = host.clock.monotonic() + sourceTimeoutMs;
  }

  /**
   * The answer, whatever its status; undefined when nobody has answered at all, which is how a machine outside
   * of the cloud looks. Throws BadAnswer once somebody has.
   */
  async ask(path: string, request: Request = {}): Promise<HttpResponse | undefined> {
    for (let left = tries - 1; ; left -= 1) {
      const last = left === 0 || this.#remaining() < betweenTriesMs;
      try {
        const response = await this.#once(path, request);
        this.#answered = true;
        // "Try again": 429 and 5xx.
        if ((response.status !== 429 && response.status < 500) || last) return response;
      } catch (error) {
        if (!(error instanceof OpsError) || error.code === 'url-too-large') throw badAnswer(error);
        // Who is silent once is silent again.
        if (last || error.code === 'url-timeout') {
          if (!this.#answered) return undefined;
          throw badAnswer(error);
        }
      }
      await this.#host.clock.sleep(betweenTriesMs);
    }
  }

  /**
   * The body; undefined for 404, for a service that is not there, and for one that has refused everything so far:
   * another cloud's at the same address. Throws BadAnswer for every other status.
   */
  async bytes(path: string, request: Request = {}): Promise<Uint8Array | undefined> {
    const response = await this.ask(path, request);
    if (response === undefined || response.status === 404) return undefined;
    const refused = response.status >= 400 && response.status <= 499;
    if (refused && !this.#recognised) return undefined;
    if (response.status !== 200)
      throw new BadAnswer(`${this.#base}${path} answered with HTTP status ${response.status}`);
    this.#options.check?.(response);
    this.#recognised = true;
    const type = String(response.headers['content-type'] ?? '');
    // A portal that wants somebody to log in first, or an error page sent as a success.
    if (
      /^text\/html\b/i.test(type) &&
      /^\s*<(!doctype\s+)?html/i.test(response.body.toString('latin1', 0, 500))
    )
      throw new BadAnswer(`${this.#base}${path} answered with a web page`);
    return response.body;
  }

  /** One line or several, without white space around them; undefined also for an empty text. */
  async text(path: string, request: Request = {}): Promise<string | undefined> {
    const bytes = await this.bytes(path, request);
    if (bytes === undefined) return undefined;
    const text = Buffer.from(bytes).toString('utf8').trim();
    if (text.includes('\0'))
      throw new BadAnswer(`${this.#base}${path} answered with bytes that are not text`);
    if (/^<(!doctype\s+)?html/i.test(text))
      throw new BadAnswer(`${this.#base}${path} answered with a web page`);
    return text === '' ? undefined : text;
  }

  async json(path: string, request: Request = {}): Promise<unknown> {
    const text = await this.text(path, request);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new BadAnswer(`${this.#base}${path} did not answer with JSON`);
    }
  }

  #remaining(): number {
    return this.#end - this.#host.clock.monotonic();
  }

  #once(path: string, { method = 'GET', headers = {}, localPorts }: Request): Promise<HttpResponse> {
    const remaining = Math.ceil(this.#remaining());
    if (remaining <= 0) throw new BadAnswer(`${this.#base} took longer than ${sourceTimeoutMs / 1000} s`);
    return this.#host.http.get(`${this.#base}${path}`, {
      limit: userDataLimit,
      timeoutMs: remaining,
      connectTimeoutMs: Math.min(connectTimeoutMs, remaining),
      retries: 0,
      anyStatus: true,
      method,
      headers: { ...this.#options.headers, ...headers },
      ...(localPorts === undefined ? {} : { localPorts }),
    });
  }
}

function badAnswer(error: unknown): BadAnswer {
  return error instanceof BadAnswer ? error : new BadAnswer(messageOf(error), { cause: error });
}
