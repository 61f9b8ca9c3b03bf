/** The terminal of this process. Writing to a reader that has gone away is not an error. */
import type { Terminal } from './command.ts';

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

/** Colour only on terminals, and never with NO_COLOR (https://no-color.org) or TERM=dumb. */
export function terminalOf(source: TerminalSource): Terminal {
  const { stdout, stderr, env } = source;
  const stdoutIsTty = stdout.isTTY ?? false;
  const stderrIsTty = stderr.isTTY ?? false;
  return {
    // Asked when needed: for a process without a terminal, Node loads its network modules to answer.
    get stdinIsTty() {
      return source.stdin.isTTY ?? false;
    },
    stdoutIsTty,
    stderrIsTty,
    columns: stdout.columns || stderr.columns || defaultColumns,
    color: stdoutIsTty && stderrIsTty && !env.NO_COLOR && env.TERM !== 'dumb',
    out: writer(stdout),
    err: writer(stderr),
  };
}

/**
 * `opsctl facts | head -1` ends quietly. The work itself goes on: a closed ssh session or pager must not stop
 * an installation half way.
 */
function writer(stream: TerminalStream): (text: string) => void {
  let gone = false;
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    gone = true;
  });
  return (text) => {
    if (!gone) stream.write(text);
  };
}
