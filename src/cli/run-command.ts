/** Runs a command beyond the fast path: it is given the real host and the signals of this process. */
import { linuxHost } from '../host/linux/index.ts';
import type { Terminal } from './command.ts';
import { commands } from './commands/index.ts';
import { run } from './run.ts';
import { stopSignal } from './terminal/signals.ts';

/** A list that is being drawn has hidden it (ECMA-48 DECTCEM). */
const showCursor = '\x1b[?25h';

/** Runs one command line; returns the exit code and never throws. */
export function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const signal = stopSignal(process, (code) => {
    if (terminal.stderrIsTty) terminal.err(showCursor);
    process.exit(code);
  });
  const workstation = async () => (await import('../host/workstation/index.ts')).workstationHost();
  return run(argv, { terminal, commands, host: linuxHost(), workstation, signal });
}
