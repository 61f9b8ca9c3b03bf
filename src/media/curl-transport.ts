/**
 * Bytes of a file over FTP and TFTP, by curl. FTP knows ranges (REST, RFC 3659), size and date; TFTP knows nothing but
 * the file from its beginning (RFC 1350).
 */
import { refused } from '../errors.ts';
import type { Child, Host } from '../host/ports.ts';
import { PassingFault } from '../host/retry.ts';
import { errorOutput } from '../host/run-outcome.ts';
import { ToolFailed } from '../host/tool-failed.ts';
import type { Ask, Pin } from './transport.ts';

const common = [
  // No .curlrc; must come first.
  ...['--disable', '--silent', '--show-error', '--fail', '--proto', '=ftp,ftps,tftp'],
  ...['--speed-limit', '1', '--speed-time', '30', '--tftp-blksize', '1428'],
  // The URL comes by standard input: an argument could be read by everybody.
  ...['--config', '-'],
];

/** Of TFTP, which has no connection, curl waits as long for the first block, even where the port is closed. */
const connectSeconds = 30;
/** Where somebody waits for a server that has never answered. */
const firstConnectSeconds = 5;

/** Exit codes of curl(1) that may be others next time: name, connection, cut, timeout, TLS, nothing, send, receive. */
const passingCodes = new Set([6, 7, 12, 18, 28, 35, 52, 55, 56]);
/** Not there, or not to be seen. */
const absentCodes = new Set([9, 19, 68, 69, 78]);

/** `shown` is the URL without its secrets. */
export function curlTransport(
  { processes, contacts }: Pick<Host, 'processes' | 'contacts'>,
  url: string,
  shown: string,
): Ask {
  // As it is parsed a URL has no line ends, with which it could say more to curl than where to go.
  const config = `url = "${new URL(url).href.replaceAll(/["\\]/g, '\\$&')}"\n`;
  const isTftp = /^tftp:/i.test(url);
  const options = () => {
    const isNew = contacts !== undefined && !contacts.has(url);
    return [...common, '--connect-timeout', `${isNew ? firstConnectSeconds : connectSeconds}`];
  };
  const answered = () => contacts?.answered(url);
  const counted = (error: unknown) => contacts?.fault(url, error) ?? error;
  return async (from, end, signal) => {
    signal?.throwIfAborted();
    const pin = isTftp
      ? unknown
      : await look(processes, options(), config, shown, signal).catch((error: unknown) => {
          throw counted(error);
        });
    if (!isTftp) answered();
    if (pin.size !== null && from >= pin.size)
      throw refused('iso-invalid', `${shown} is empty or became shorter`, {
        hint: 'Check the file on the server.',
      });
    const range = isTftp ? [] : ['--range', `${from}-${end === undefined ? '' : end - 1}`];
    const child = processes.start('curl', [...options(), ...range]);
    const close = () => child.kill('SIGKILL');
    // A curl that ends before it reads has said why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(config);
    const body = watched(bodyOf(child, shown, signal), answered, counted);
    return { pin, start: isTftp ? 0 : from, body, close };
  };
}

/** The same bytes; `answered` is told of the first. */
async function* watched(
  body: AsyncGenerator<Uint8Array>,
  answered: () => void,
  counted: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      answered();
      yield piece;
    }
  } catch (error) {
    throw counted(error);
  }
}

const unknown: Pin = { size: null, etag: null, modified: null, ranges: false };

/** curl writes what it learns by SIZE and MDTM as headers of HTTP. */
async function look(
  processes: Host['processes'],
  args: readonly string[],
  input: string,
  shown: string,
  signal: AbortSignal | undefined,
): Promise<Pin> {
  try {
    const options = { input, ...(signal === undefined ? {} : { signal }) };
    const { stdout } = await processes.run('curl', [...args, '--head'], options);
    const size = /^content-length: (\d+)\r?$/im.exec(stdout)?.[1];
    const modified = /^last-modified: (.+?)\r?$/im.exec(stdout)?.[1];
    return {
      size: size === undefined ? null : Number(size),
      etag: null,
      modified: modified ?? null,
      ranges: true,
    };
  } catch (error) {
    if (error instanceof ToolFailed) throw fault(error.exitCode, error.stderr, shown);
    throw error;
  }
}

async function* bodyOf(
  child: Child,
  shown: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const said = errorOutput(child);
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  try {
    yield* child.stdout ?? [];
    const { exitCode } = await child.exited;
    signal?.throwIfAborted();
    if (exitCode !== 0) throw fault(exitCode ?? undefined, await said, shown);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

function fault(exitCode: number | undefined, stderr: string, shown: string) {
  // `curl: (7) Failed to connect to ...`
  const why = stderr.trim().replace(/^curl: \(\d+\) /, '') || `curl ended with ${exitCode}`;
  if (exitCode !== undefined && absentCodes.has(exitCode))
    return refused('url-status', `${shown} cannot be fetched: ${why}`, {
      hint: 'Check the URL and the server.',
    });
  const options = { hint: 'Check the URL and the network of this machine.' };
  const message = `${shown} cannot be fetched: ${why}`;
  return exitCode !== undefined && passingCodes.has(exitCode)
    ? new PassingFault('url-unreachable', message, options)
    : refused('url-unreachable', message, options);
}
