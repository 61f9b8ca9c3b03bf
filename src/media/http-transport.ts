/** Bytes of a file over HTTP: range requests (RFC 9110, section 14). */
import { refused } from '../errors.ts';
import { type ByteRange, endOf } from '../formats/byte-range.ts';
import { boundaryOf, partsOf } from '../formats/multipart-byteranges.ts';
import type { Http, HttpStream } from '../host/ports.ts';
import { PassingFault, statusRefusal } from '../host/retry.ts';
import { type Answer, type Ask, changed, type Pin, type SeveralAnswer } from './transport.ts';

/** How long a server may be silent. */
const timeoutMs = 30_000;

/** `shown` is the URL without its secrets. With a `pin` the server is asked for that version alone. */
export function httpTransport(
  http: Pick<Http, 'open'>,
  url: string,
  shown: string,
  pin: Pin | undefined,
): Ask {
  const open = (range: string, signal: AbortSignal | undefined) =>
    http.open(url, {
      headers: { range: `bytes=${range}`, ...condition(pin) },
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  const ask: Ask = async (from, end, signal) => {
    const answer = await open(`${from}-${end === undefined ? '' : end - 1}`, signal);
    try {
      return read(answer, from, shown, pin);
    } catch (error) {
      answer.close();
      throw error;
    }
  };
  const several: Ask['several'] = async (ranges, signal) =>
    readSeveral(await open(rangeList(ranges), signal), shown);
  return Object.assign(ask, { several });
}

/** As they stand in the header: `0-99,200-299`. */
export const rangeList = (ranges: readonly ByteRange[]): string =>
  ranges.map((range) => `${range.offset}-${endOf(range) - 1}`).join(',');

/**
 * A server may as well send one range or the whole file (RFC 9110, section 14.2), or refuse so many: then it is asked
 * for one range at a time, and what is wrong is found there. Only what passes is waited for.
 */
function readSeveral(answer: HttpStream, shown: string): SeveralAnswer | undefined {
  const { status, headers, body, close } = answer;
  const header = (name: string) => (typeof headers[name] === 'string' ? headers[name] : null);
  const boundary = boundaryOf(header('content-type') ?? '');
  if (status === 206 && boundary !== undefined && header('content-encoding') === null) {
    const pin = { size: null, etag: header('etag'), modified: header('last-modified'), ranges: true };
    return { pin, parts: partsOf(body, boundary), close };
  }
  close();
  const refusal = statusRefusal(shown, answer);
  if (refusal instanceof PassingFault) throw refusal;
  return undefined;
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
  if (status === 416) {
    if (pin !== undefined) throw changed(shown, 'it is shorter than it was');
    throw refused('iso-invalid', `${shown} is empty`, { hint: 'Check the URL.' });
  }
  if (status !== 200 && status !== 206) throw statusRefusal(shown, answer);
  const encoding = header('content-encoding');
  if (encoding !== null && encoding !== 'identity')
    throw refused(
      'url-encoding',
      `The server sends ${shown} compressed (${encoding}), which was not requested`,
      {
        hint: 'Turn off compression for that file on the server.',
      },
    );
  const common = { etag: header('etag'), modified: header('last-modified') };
  const { close, body } = answer;
  if (status === 200) {
    const size = lengthOf(header('content-length'));
    return { pin: { ...common, size, ranges: false }, start: 0, body, close };
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
    body,
    close,
  };
}

function lengthOf(text: string | null): number | null {
  const value = text !== null && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
