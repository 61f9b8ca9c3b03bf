/** HTTP and HTTPS: what is asked for as a whole, as a stream, or into a file. */
import type { Clock, GetOptions, Http, HttpResponse, NetworkSettings } from '../../ports.ts';
import { retrying, statusRefusal } from '../../retry.ts';
import { clock } from '../clock.ts';
import { portTaken } from './agents.ts';
import { downloadWith } from './download.ts';
import { larger, withoutSecrets } from './errors.ts';
import { isSuccess, limited } from './limited.ts';
import { defaultTimeoutMs, request } from './request.ts';

const defaultRetries = 2;

/** `waits` is a clock of its own in tests, whose pauses take no time. */
export const httpWith = (settings: NetworkSettings | undefined, waits: Clock): Http => ({
  using: (others) => httpWith(others, waits),
  open: (url, { headers, timeoutMs = defaultTimeoutMs, signal, method = 'GET', body } = {}) =>
    request(url, {
      ...{ headers, method, body, connectMs: timeoutMs, silentMs: timeoutMs, signal, raw: true, settings },
      follow: method === 'GET' || method === 'HEAD',
    }),
  get: (url, options) => {
    const { localPorts, retries = defaultRetries } = options;
    if (localPorts !== undefined) return getFromPorts(url, options, localPorts, settings);
    return retrying({ tries: retries + 1, clock: waits }, () => getOnce(url, options, settings));
  },
  download: downloadWith(settings, waits),
});

export const http: Http = httpWith(undefined, clock);

/** From the first of the ports that is free. */
async function getFromPorts(
  url: string,
  options: GetOptions,
  [first, last]: NonNullable<GetOptions['localPorts']>,
  settings: NetworkSettings | undefined,
): Promise<HttpResponse> {
  for (let port = last; port > first; port -= 1) {
    try {
      return await getOnce(url, options, settings, port);
    } catch (error) {
      if (!portTaken(error)) throw error;
    }
  }
  return getOnce(url, options, settings, first);
}

async function getOnce(
  url: string,
  options: GetOptions,
  settings: NetworkSettings | undefined,
  localPort?: number,
): Promise<HttpResponse> {
  const { limit, timeoutMs = defaultTimeoutMs, connectTimeoutMs = timeoutMs, anyStatus = false } = options;
  const { method, headers } = options;
  const answer = await request(url, {
    ...{ method, headers, connectMs: connectTimeoutMs, wholeMs: timeoutMs, follow: !anyStatus },
    ...{ localPort, settings },
  });
  const shown = withoutSecrets(url);
  try {
    if (!anyStatus && !isSuccess(answer.status)) throw statusRefusal(shown, answer);
    const pieces: Uint8Array[] = [];
    for await (const piece of limited(answer, limit, () => larger(shown, limit))) pieces.push(piece);
    return { status: answer.status, headers: answer.headers, body: Buffer.concat(pieces) };
  } finally {
    answer.close();
  }
}
