/**
 * A client of the Kubernetes API for the few things that a node and a job ask: read, list, change, create, watch. What it
 * sends has the same effect twice (a merge patch, an object with a name of its own), so all of it is tried again by the one
 * policy of `src/host/retry.ts`. JSON alone, over https alone.
 */
import { isUtf8 } from 'node:buffer';
import { errorCode } from '../../errors.ts';
import { pushAll } from '../../formats/long-lists.ts';
import type { Clock, Http, HttpMethod, HttpStream } from '../../host/ports.ts';
import { PassingFault, retrying } from '../../host/retry.ts';
import type { ApiAccess } from './access.ts';
import { type Asked, networkFault, statusFault } from './faults.ts';
import { type KubeObject, type ListOf, pathOf, type ResourcePath, type StatusObject } from './objects.ts';

/** An object has at most 1.5 MB (what etcd takes); a page of a list has this many of them. */
const pageSize = 250;
const answerLimit = 64 * 1024 * 1024;
const defaultTries = 4;
const defaultTimeoutMs = 15_000;

export interface Selection {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ClientOptions {
  /** How often a request is made in all; 4 when left out. */
  readonly tries?: number;
  /** How long the server may be silent; 15 s when left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told before each new attempt. */
  readonly say?: (line: string) => void;
}

/** All methods throw what `statusFault` and `networkFault` make, or the reason of the signal. */
export class ApiClient {
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #access: ApiAccess;
  readonly #options: ClientOptions;

  constructor(
    host: { readonly http: Http; readonly clock: Clock },
    access: ApiAccess,
    options: ClientOptions = {},
  ) {
    this.#http = host.http.using(access.settings);
    this.#clock = host.clock;
    this.#access = access;
    this.#options = options;
  }

  /** The namespace of the credentials; undefined where they name none. */
  get namespace(): string | undefined {
    return this.#access.namespace;
  }

  get<T extends KubeObject>(path: ResourcePath): Promise<T> {
    return this.#whole<T>('GET', pathOf(path), this.#asked('get', path));
  }

  /** All pages. A list that expires between two pages is begun again, by the same policy as everything. */
  list<T extends KubeObject>(path: ResourcePath, selection: Selection = {}): Promise<ListOf<T>> {
    const asked = this.#asked('list', path);
    return this.#retrying(async () => {
      const items: T[] = [];
      for (let more = ''; ; ) {
        const query = new URLSearchParams({
          ...selection,
          limit: `${pageSize}`,
          ...(more && { continue: more }),
        });
        const page = await this.#once<Page<T>>('GET', `${pathOf(path)}?${query}`, asked).catch(
          (error: unknown) => {
            if (more === '' || errorCode(error) !== 'api-expired') throw error;
            throw new PassingFault('api-expired', `Cannot ${asked.what}: it changed while it was read`, {
              cause: error,
            });
          },
        );
        pushAll(items, page.items ?? []);
        more = page.metadata?.continue ?? '';
        if (more === '') return { resourceVersion: page.metadata?.resourceVersion ?? '', items };
      }
    });
  }

  /** JSON merge patch (RFC 7386): null removes a field. */
  patch<T extends KubeObject>(path: ResourcePath, change: unknown): Promise<T> {
    return this.#whole<T>('PATCH', pathOf(path), this.#asked('patch', path), {
      type: 'application/merge-patch+json',
      value: change,
    });
  }

  /** The object must have a name: made twice it is `api-conflict`, which says that it is there. */
  create<T extends KubeObject>(path: ResourcePath, object: T): Promise<T> {
    return this.#whole<T>('POST', pathOf(path), this.#asked('create', path), {
      type: 'application/json',
      value: object,
    });
  }

  /**
   * The head of the answer of a watch from this version on; `watchEvents` reads it. It ends after so many seconds. Tried
   * once: who watches lists again anyway.
   */
  async openWatch(
    path: ResourcePath,
    {
      resourceVersion,
      seconds,
      ...selection
    }: Selection & { readonly resourceVersion: string; readonly seconds: number },
  ): Promise<{ readonly stream: HttpStream; readonly asked: Asked }> {
    const asked = this.#asked('watch', path);
    const query = new URLSearchParams({
      ...{ watch: 'true', resourceVersion, timeoutSeconds: `${seconds}` },
      ...selection,
    });
    // Where nothing changes nothing comes: the server ends the watch by itself before this.
    const timeoutMs = seconds * 1000 + (this.#options.timeoutMs ?? defaultTimeoutMs);
    const stream = await this.#open('GET', `${pathOf(path)}?${query}`, asked, undefined, timeoutMs);
    return { stream, asked };
  }

  #asked(verb: string, { resource, name, namespace }: ResourcePath): Asked {
    const { server, from } = this.#access;
    const of = name === undefined ? resource : `${resource}/${name}`;
    return { what: `${verb} ${of}${namespace === undefined ? '' : ` in ${namespace}`}`, server, from };
  }

  #whole<T>(method: HttpMethod, path: string, asked: Asked, body?: Body): Promise<T> {
    return this.#retrying(() => this.#once<T>(method, path, asked, body));
  }

  #retrying<T>(work: () => Promise<T>): Promise<T> {
    const { tries = defaultTries, say, signal } = this.#options;
    return retrying({ tries, clock: this.#clock, say, signal }, work);
  }

  async #once<T>(method: HttpMethod, path: string, asked: Asked, body?: Body): Promise<T> {
    const answer = await this.#open(method, path, asked, body);
    try {
      const parsed = parsedOf(await wholeOf(answer, asked));
      if (parsed !== undefined) return parsed as T;
    } catch (error) {
      throw networkFault(error, asked);
    } finally {
      answer.close();
    }
    throw new PassingFault('api-answer', `Cannot ${asked.what}: the answer is not JSON`, {
      details: [`server: ${asked.server}`],
      hint: 'Something else than a Kubernetes API server may answer there, such as a proxy.',
    });
  }

  /** Resolves for a success alone. */
  async #open(
    method: HttpMethod,
    path: string,
    asked: Asked,
    body?: Body,
    timeoutMs?: number,
  ): Promise<HttpStream> {
    const { token, server } = this.#access;
    const { signal } = this.#options;
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body.value));
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': body.type }),
      ...(token === undefined ? {} : { authorization: `Bearer ${await token()}` }),
    };
    let answer: HttpStream;
    try {
      answer = await this.#http.open(`${server}${path}`, {
        ...{ method, headers, timeoutMs: timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs },
        ...(signal === undefined ? {} : { signal }),
        ...(bytes === undefined ? {} : { body: { size: bytes.length, pieces: once(bytes) } }),
      });
    } catch (error) {
      throw networkFault(error, asked);
    }
    if (answer.status >= 200 && answer.status <= 299) return answer;
    const said = await wholeOf(answer, asked).then(parsedOf, () => undefined);
    answer.close();
    throw statusFault(asked, answer.status, answer.headers, said as StatusObject | undefined);
  }
}

interface Body {
  readonly type: string;
  readonly value: unknown;
}

interface Page<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[];
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function wholeOf({ body }: HttpStream, { what, server }: Asked): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    pieces.push(piece);
    size += piece.length;
    if (size > answerLimit)
      throw new PassingFault('api-answer', `Cannot ${what}: the answer is larger than ${answerLimit} bytes`, {
        details: [`server: ${server}`],
      });
  }
  return Buffer.concat(pieces);
}

/** An object of JSON; undefined for anything else. */
export function parsedOf(bytes: Uint8Array): object | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
