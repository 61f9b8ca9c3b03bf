/** HTTP and HTTPS through got. */
import { OpsError } from '../../errors.ts';
import type { Http } from '../ports.ts';
import { download } from './http-download.ts';
import { larger, maxRedirects, silent, status, unreachable, withoutSecrets } from './http-errors.ts';

const defaultTimeoutMs = 30_000;
const defaultRetries = 2;

/** A network that is not up yet, a server that restarts. Not silence: waiting once for it is long enough. */
const retried = [
  'EADDRINUSE',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ENOTFOUND',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EAI_AGAIN',
];

export const http: Http = {
  get: async (url, { limit, timeoutMs = defaultTimeoutMs, retries = defaultRetries }) => {
    const shown = withoutSecrets(url);
    if (!/^https?:\/\//i.test(url)) throw unreachable(shown, 'only http and https URLs can be fetched');
    // Loaded here: it costs more than all of `opsctl --version` may.
    const { default: got, TimeoutError } = await import('got');
    const tooLarge = new AbortController();
    try {
      const request = got(url, {
        responseType: 'buffer',
        throwHttpErrors: false,
        maxRedirects,
        timeout: { request: timeoutMs },
        retry: { limit: retries, statusCodes: [], methods: ['GET'], errorCodes: retried },
        signal: tooLarge.signal,
      });
      request.on('downloadProgress', ({ transferred, total }) => {
        if (Math.max(transferred, total ?? 0) > limit) tooLarge.abort();
      });
      const response = await request;
      const body = Buffer.from(response.body);
      if (body.length > limit) throw larger(shown, limit);
      if (response.statusCode < 200 || response.statusCode > 299) throw status(shown, response.statusCode);
      return { status: response.statusCode, headers: response.headers, body };
    } catch (error) {
      if (error instanceof OpsError) throw error;
      if (tooLarge.signal.aborted) throw larger(shown, limit);
      if (error instanceof TimeoutError) throw silent(shown, timeoutMs, error);
      throw unreachable(shown, error instanceof Error ? error.message : String(error), error);
    }
  },
  download,
};
