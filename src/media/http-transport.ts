/** Bytes of a file over HTTP: range requests (RFC 9110, section 14). */
import { OpsError, refused } from '../errors.ts';
import type { Http, HttpStream } from '../host/ports.ts';
import { type Answer, type Ask, changed, PassingFault, type Pin } from './transport.ts';

/** How long a server may be silent. */
const timeoutMs = 30_000;

/** Statuses that say "not now": RFC 9110 15.5.9, 15.6; RFC 6585 section 4. */
const passingStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);
const passingCodes = new Set(['url-unreachable', 'url-timeout']);
/** Trying again does not make a certificate valid or a name a server (OpenSSL's and Node's names of faults). */
const lasting = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO|ERR_INVALID|ERR_PROXY/;

/** `shown` is the URL without its secrets. With a `pin` the server is asked for that version alone. */
export function httpTransport(http: Http, url: string, shown: string, pin: Pin | undefined): Ask {
  return async (from, end, signal) => {
    const answer = await open(http, url, {
      headers: { range: `bytes=${from}-${end === undefined ? '' : end - 1}`, ...condition(pin) },
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      return read(answer, from, shown, pin);
    } catch (error) {
      answer.close();
      throw error;
    }
  };
}

/** Only a strong validator may stand here (13.1.5); the headers of the answer are compared anyway. */
function condition(pin: Pin | undefined): Record<string, string> {
  return pin?.etag?.startsWith('"') ? { 'if-range': pin.etag } : {};
}

function read(answer: HttpStream, from: number, shown: string, pin: Pin | undefined): Answer {
  const { status, headers } = answer;
  const header = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  if (passingStatuses.has(status))
    throw new PassingFault('url-status', `${shown} answered with HTTP status ${status}`, {
      hint: 'Check the log of that server.',
    });
  if (status === 416) {
    if (pin !== undefined) throw changed(shown, 'it is shorter than it was');
    throw refused('iso-invalid', `${shown} is empty`, { hint: 'Check the URL.' });
  }
  if (status !== 200 && status !== 206) {
    throw refused('url-status', `${shown} answered with HTTP status ${status}`, {
      hint:
        status === 404
          ? 'There is nothing at that URL: check its spelling.'
          : 'Check the log of that server.',
    });
  }
  const encoding = header('content-encoding');
  if (encoding !== null && encoding !== 'identity')
    throw refused(
      'url-encoding',
      `The server sends ${shown} compressed (${encoding}), which was not requested`,
      {
        hint: 'Turn off compression for ISO files on that server.',
      },
    );
  const common = { etag: header('etag'), modified: header('last-modified') };
  const { close, body } = answer;
  if (status === 200) {
    const size = lengthOf(header('content-length'));
    return { pin: { ...common, size, ranges: false }, start: 0, body: watched(body), close };
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header('content-range') ?? '');
  const [, first, , total] = range ?? [];
  if (range === null || Number(first) !== from)
    throw refused('url-range', `${shown}: the server does not send the bytes that were requested`, {
      hint: 'Its range requests are broken: use another server, or turn them off.',
    });
  return {
    pin: { ...common, size: lengthOf(total ?? null), ranges: true },
    start: from,
    body: watched(body),
    close,
  };
}

function lengthOf(text: string | null): number | null {
  const value = text !== null && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

async function open(http: Http, ...args: Parameters<Http['open']>): Promise<HttpStream> {
  try {
    return await http.open(...args);
  } catch (error) {
    throw passing(error);
  }
}

async function* watched(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw passing(error);
  }
}

function passing(error: unknown): unknown {
  if (!(error instanceof OpsError) || !passingCodes.has(error.code)) return error;
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string' && lasting.test(code)) return error;
  return new PassingFault(error.code, error.message, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
