/** A GET whose body is read piece by piece, no faster than the reader takes it. */
import { setTimeout } from 'node:timers/promises';
import { OpsError } from '../../errors.ts';
import type { Http, HttpStream, NetworkSettings } from '../ports.ts';
import { agentsFor } from './http-agents.ts';
import {
  insecureRedirect,
  maxRedirects,
  redirects,
  silent,
  unreachable,
  withoutSecrets,
} from './http-errors.ts';

const defaultTimeoutMs = 30_000;

export const openWith =
  (settings: NetworkSettings | undefined): Http['open'] =>
  async (url, options = {}) => {
    const { headers = {}, timeoutMs = defaultTimeoutMs, signal } = options;
    const shown = withoutSecrets(url);
    if (!/^https?:\/\//i.test(url)) throw unreachable(shown, 'only http and https URLs can be fetched');
    signal?.throwIfAborted();
    const { default: got, TimeoutError, MaxRedirectsError } = await import('got');
    const said = (error: unknown) => {
      if (signal?.aborted) return signal.reason;
      if (error instanceof OpsError) return error;
      if (error instanceof Error && error.cause instanceof OpsError) return error.cause;
      if (error instanceof MaxRedirectsError) return redirects(shown, error);
      if (error instanceof TimeoutError) return silent(shown, timeoutMs, error);
      return unreachable(shown, error instanceof Error ? error.message : String(error), error);
    };
    const agent = await agentsFor(url, settings);
    const stream = got.stream(url, {
      // Offsets are those of the file: nothing on the way may compress it.
      headers: { 'accept-encoding': 'identity', ...headers },
      decompress: false,
      throwHttpErrors: false,
      maxRedirects,
      timeout: { lookup: timeoutMs, connect: timeoutMs, response: timeoutMs },
      retry: { limit: 0 },
      ...(agent === undefined ? {} : { agent }),
      hooks: {
        beforeRedirect: [
          (updated) => {
            if (/^https:/i.test(url) && updated.url?.toString().startsWith('http:'))
              throw insecureRedirect(shown);
          },
        ],
      },
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      const head = await new Promise<Pick<HttpStream, 'status' | 'headers'>>((resolve, reject) => {
        stream.once('response', ({ statusCode, headers }) => resolve({ status: statusCode, headers }));
        stream.once('error', reject);
      });
      // Of a body that nobody reads any more.
      stream.on('error', () => {});
      return { ...head, body: pieces(stream, timeoutMs, shown, said), close: () => void stream.destroy() };
    } catch (error) {
      throw said(error);
    }
  };

/** Silence counts only while the reader waits: a disk that is slow to write is no fault of the server. */
async function* pieces(
  stream: AsyncIterable<Uint8Array> & { destroy(): void },
  timeoutMs: number,
  shown: string,
  said: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const waiting = new AbortController();
      const timeout = setTimeout(timeoutMs, undefined, { signal: waiting.signal }).then(() => {
        throw silent(shown, timeoutMs, undefined);
      });
      timeout.catch(() => {});
      const result = await Promise.race([iterator.next(), timeout]).finally(() => waiting.abort());
      if (result.done) return;
      yield result.value;
    }
  } catch (error) {
    throw said(error);
  } finally {
    stream.destroy();
  }
}
