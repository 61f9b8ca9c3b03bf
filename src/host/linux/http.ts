/** HTTP and HTTPS through got. */
import { OpsError } from '../../errors.ts';
import type { GetOptions, Http, HttpResponse, NetworkSettings } from '../ports.ts';
import { agentsFor, portTaken } from './http-agents.ts';
import { downloadWith } from './http-download.ts';
import { larger, maxRedirects, silent, status, unreachable, withoutSecrets } from './http-errors.ts';
import { openWith } from './http-open.ts';

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

export const http: Http = httpWith(undefined);

function httpWith(settings: NetworkSettings | undefined): Http {
  return {
    using: httpWith,
    get: async (url, options) => {
      const { localPorts } = options;
      if (localPorts === undefined) return getFrom(url, options, settings);
      const [first, last] = localPorts;
      for (let port = last; port > first; port -= 1) {
        try {
          return await getFrom(url, options, settings, port);
        } catch (error) {
          if (!portTaken(error)) throw error;
        }
      }
      return getFrom(url, options, settings, first);
    },
    download: downloadWith(settings),
    open: openWith(settings),
  };
}

async function getFrom(
  url: string,
  options: GetOptions,
  settings: NetworkSettings | undefined,
  localPort?: number,
): Promise<HttpResponse> {
  const { limit, timeoutMs = defaultTimeoutMs, retries = defaultRetries } = options;
  const { connectTimeoutMs = timeoutMs, method = 'GET', headers = {}, anyStatus = false } = options;
  const shown = withoutSecrets(url);
  if (!/^https?:\/\//i.test(url)) throw unreachable(shown, 'only http and https URLs can be fetched');
  // Loaded here: it costs more than all of `opsctl --version` may.
  const { default: got, TimeoutError } = await import('got');
  const tooLarge = new AbortController();
  const agent = await agentsFor(url, settings, localPort);
  try {
    const request = got(url, {
      responseType: 'buffer',
      method,
      headers: { ...headers },
      throwHttpErrors: false,
      followRedirect: !anyStatus,
      maxRedirects,
      timeout: { request: timeoutMs, lookup: connectTimeoutMs, connect: connectTimeoutMs },
      retry: {
        limit: localPort === undefined ? retries : 0,
        statusCodes: [],
        methods: ['GET', 'PUT'],
        errorCodes: retried,
      },
      signal: tooLarge.signal,
      ...(agent === undefined ? {} : { agent }),
    });
    request.on('downloadProgress', ({ transferred, total }) => {
      if (Math.max(transferred, total ?? 0) > limit) tooLarge.abort();
    });
    const response = await request;
    const body = Buffer.from(response.body);
    if (body.length > limit) throw larger(shown, limit);
    const success = response.statusCode >= 200 && response.statusCode <= 299;
    if (!success && !anyStatus) throw status(shown, response.statusCode);
    return { status: response.statusCode, headers: response.headers, body };
  } catch (error) {
    if (error instanceof OpsError) throw error;
    if (tooLarge.signal.aborted) throw larger(shown, limit);
    if (error instanceof TimeoutError) {
      const connecting = error.event === 'connect' || error.event === 'lookup';
      throw silent(shown, connecting ? connectTimeoutMs : timeoutMs, error);
    }
    throw unreachable(shown, error instanceof Error ? error.message : String(error), error);
  }
}
