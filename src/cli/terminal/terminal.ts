/** The terminal of this process. Writing to a reader that has gone away is not an error; a full disk is one. */
import type { Terminal } from '../command.ts';
import { consoleKind, consoleText } from './simple-console.ts';

/** Columns where nothing says how many there are; serial consoles answer 0. */
const defaultColumns = 80;

/** The parts of a stream that matter here: process.stdout and process.stderr have them. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface TerminalSource {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Colour only on terminals, and never with NO_COLOR (https://no-color.org) or TERM=dumb. Each stream is opened when it
 * is first wanted: that takes Node.js a few milliseconds, and many commands use only one.
 */
export function terminalOf(source: TerminalSource): Terminal {
  let fault: Error | undefined;
  const keep = (error: Error) => {
    fault ??= error;
  };
  let writers: { out?: (text: string) => void; err?: (text: string) => void } = {};
  return {
    get stdinIsTty() {
      return source.stdin.isTTY ?? false;
    },
    get stdoutIsTty() {
      return source.stdout.isTTY ?? false;
    },
    get stderrIsTty() {
      return source.stderr.isTTY ?? false;
    },
    get columns() {
      return source.stdout.columns || source.stderr.columns || defaultColumns;
    },
    get color() {
      const { env } = source;
      return this.stdoutIsTty && this.stderrIsTty && !env.NO_COLOR && env.TERM !== 'dumb';
    },
    out: (text) => {
      const out = writers.out ?? writer(source.stdout, source.env, keep);
      writers = { ...writers, out };
      out(text);
    },
    outFault: () => fault,
    err: (text) => {
      const err = writers.err ?? writer(source.stderr, source.env, () => {});
      writers = { ...writers, err };
      err(text);
    },
  };
}

/**
 * `opsctl facts | head -1` ends quietly. The work itself goes on: a closed ssh session or pager, or a full disk below a
 * log, must not stop an installation half way. `lost` is told of what is more than a reader that has gone away.
 */
function writer(
  stream: TerminalStream,
  env: TerminalSource['env'],
  lost: (error: Error) => void,
): (text: string) => void {
  const kind = stream.isTTY ? consoleKind(env) : undefined;
  let gone = false;
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') lost(error);
    gone = true;
  });
  return (text) => {
    if (!gone) stream.write(kind === undefined ? text : consoleText(text, kind));
  };
}
