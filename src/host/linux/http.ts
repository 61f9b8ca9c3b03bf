/** HTTP and HTTPS through got. */
import { OpsError, refused } from '../../errors.ts';
import type { Http } from '../ports.ts';

const defaultTimeoutMs = 30_000;
const defaultRetries = 2;
const maxRedirects = 5;

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
        retry: { limit: retries, statusCodes: [], methods: ['GET'] },
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
      if (error instanceof TimeoutError) {
        throw refused('url-timeout', `${shown} did not answer within ${timeoutMs / 1000} s`, {
          cause: error,
          hint: 'Check the network of this machine and that the server runs.',
        });
      }
      throw unreachable(shown, error instanceof Error ? error.message : String(error), error);
    }
  },
};

/** A URL as it may be shown: no user, password or query, which can carry tokens. */
function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return origin === 'null' ? url : origin + pathname;
  } catch {
    return url;
  }
}

const unreachable = (url: string, why: string, cause?: unknown) =>
  refused('url-unreachable', `${url} cannot be fetched: ${why}`, {
    cause,
    hint: 'Check the URL and the network of this machine.',
  });

const status = (url: string, code: number) =>
  refused('url-status', `${url} answered with HTTP status ${code}`, {
    hint: code === 404 ? 'Nothing is at that URL: check its spelling.' : 'Look into the log of that server.',
  });

const larger = (url: string, limit: number) =>
  refused('url-too-large', `${url} is larger than the ${limit} bytes that are accepted here`);
