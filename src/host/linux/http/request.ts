/**
 * The one way in which anything is asked for: through got, once. The head of the answer comes first, whatever its
 * status; the body is read piece by piece, no faster than the reader takes it. A redirect from https to http is
 * refused, on whichever address of a chain it stands.
 */
import { setTimeout } from 'node:timers/promises';
import type { BeforeRedirectHook, RequestError } from 'got';
import { messageOf, OpsError } from '../../../errors.ts';
import type { HttpMethod, HttpStream, NetworkSettings, RequestBody } from '../../ports.ts';
import { system } from '../system.ts';
import { agentsFor } from './agents.ts';
import { refusedByDates } from './certificate-dates.ts';
import { insecureRedirect, late, maxRedirects, redirects, silent, withoutSecrets } from './errors.ts';
import { unreachable } from './unreachable.ts';

export const defaultTimeoutMs = 30_000;

export interface RequestOptions {
  readonly method?: HttpMethod | undefined;
  readonly body?: RequestBody | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** To find the server and to connect to it. */
  readonly connectMs: number;
  /** How long the server may be silent while something is waited for. */
  readonly silentMs?: number;
  /** For everything, up to the end of the body. */
  readonly wholeMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** False: the answer is a redirect itself. */
  readonly follow?: boolean;
  /** The bytes as they come over the wire; nothing on the way may compress them. */
  readonly raw?: boolean;
  readonly localPort?: number | undefined;
  readonly settings?: NetworkSettings | undefined;
}

/** See `Http.open` for what it throws. */
export async function request(url: string, options: RequestOptions): Promise<HttpStream> {
  const { signal, settings, localPort, silentMs, method = 'GET', body } = options;
  const shown = withoutSecrets(url);
  if (!/^https?:\/\//i.test(url)) throw unreachable(shown, 'only http and https URLs can be fetched');
  signal?.throwIfAborted();
  // Loaded here: it costs more than all of `opsctl --version` may.
  const { default: got, TimeoutError, MaxRedirectsError } = await import('got');
  const said = (error: unknown) => {
    if (signal?.aborted) return signal.reason;
    if (error instanceof OpsError) return error;
    if (error instanceof Error && error.cause instanceof OpsError) return error.cause;
    if (error instanceof MaxRedirectsError) return redirects(shown, error);
    if (error instanceof TimeoutError) return timedOut(error, shown, options);
    return unreachable(shown, messageOf(error), error, system.addresses());
  };
  const agent = await agentsFor(url, settings, localPort);
  const stream = got.stream(url, {
    method,
    headers: {
      ...(options.raw ? { 'accept-encoding': 'identity' } : {}),
      ...options.headers,
      // Without it the body would be sent in chunks, which not every server takes (RFC 9112, section 7.1).
      ...(body === undefined ? {} : { 'content-length': String(body.size) }),
    },
    decompress: options.raw !== true,
    throwHttpErrors: false,
    followRedirect: options.follow ?? true,
    maxRedirects,
    timeout: timeouts(options),
    // Who calls decides what is tried again: src/host/retry.ts.
    retry: { limit: 0 },
    hooks: { beforeRedirect: [refuseUnencrypted(shown)] },
    ...(agent === undefined ? {} : { agent }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (body !== undefined) void send(body, stream);
  // There is nothing to send but the head.
  else if (!reads.has(method)) stream.end();
  try {
    const head = await new Promise<Pick<HttpStream, 'status' | 'headers'>>((resolve, reject) => {
      stream.once('response', ({ statusCode, headers }) => resolve({ status: statusCode, headers }));
      stream.once('error', reject);
    });
    // Of a body that nobody reads any more.
    stream.on('error', () => {});
    return { ...head, body: pieces(stream, silentMs, shown, said), close: () => void stream.destroy() };
  } catch (error) {
    // A chain of redirects may have led to another server.
    const asked = String((error as { options?: { url?: URL } })?.options?.url ?? url);
    throw (await refusedByDates(asked, shown, error)) ?? said(error);
  }
}

const reads: ReadonlySet<HttpMethod> = new Set(['GET', 'HEAD']);

/** What goes wrong is an error of `stream`, which is listened to; a server that has answered already may not read on. */
async function send({ pieces }: RequestBody, stream: NodeJS.WritableStream): Promise<void> {
  const { pipeline } = await import('node:stream/promises');
  await pipeline(pieces, stream).catch(() => {});
}

/** `from` is the answer that redirects: one of a chain may be encrypted where the first and the last are not. */
const refuseUnencrypted =
  (shown: string): BeforeRedirectHook =>
  (to, from) => {
    if (/^https:/i.test(from.url) && !/^https:/i.test(String(to.url))) throw insecureRedirect(shown);
  };

function timeouts({ connectMs, silentMs, wholeMs, body }: RequestOptions) {
  return {
    lookup: connectMs,
    connect: connectMs,
    ...(silentMs === undefined ? {} : { response: silentMs }),
    // While a body is sent a silent server is one that takes nothing.
    ...(silentMs === undefined || body === undefined ? {} : { socket: silentMs }),
    ...(wholeMs === undefined ? {} : { request: wholeMs }),
  };
}

function timedOut(error: RequestError & { readonly event: string }, shown: string, options: RequestOptions) {
  const { connectMs, silentMs, wholeMs } = options;
  const connecting = ['lookup', 'connect'].includes(error.event);
  const ms = connecting ? connectMs : (wholeMs ?? silentMs ?? connectMs);
  return wholeMs === undefined ? silent(shown, ms, error) : late(shown, ms, error);
}

/** Silence counts only while the reader waits: a disk that is slow to write is no fault of the server. */
async function* pieces(
  stream: AsyncIterable<Uint8Array> & { destroy(): void },
  silentMs: number | undefined,
  shown: string,
  said: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await (silentMs === undefined
        ? iterator.next()
        : within(iterator.next(), silentMs, () => silent(shown, silentMs)));
      if (result.done) return;
      yield result.value;
    }
  } catch (error) {
    throw said(error);
  } finally {
    stream.destroy();
  }
}

async function within<T>(awaited: Promise<T>, ms: number, error: () => Error): Promise<T> {
  const ended = new AbortController();
  const timeout = setTimeout(ms, undefined, { signal: ended.signal }).then(() => {
    throw error();
  });
  timeout.catch(() => {});
  return Promise.race([awaited, timeout]).finally(() => ended.abort());
}
