/**
 * `opsctl iso remaster` without the rest of the program: changing an ISO takes a few milliseconds, reading all of
 * opsctl several times that. In a bundle this is a part of its own, which is compiled instead of work.ts.
 */
import { linuxHost } from '../host/linux/index.ts';
import type { Terminal } from './command.ts';
import { isoCommand } from './commands/iso.ts';
import { remasterCommand } from './commands/iso-remaster.ts';
import { run } from './run.ts';
import { stopSignal } from './signals.ts';

/** Runs one command line; returns the exit code and never throws. */
export function work(argv: readonly string[], terminal: Terminal): Promise<number> {
  const signal = stopSignal(process, (code) => process.exit(code));
  const commands = [{ ...isoCommand, subcommands: [remasterCommand] }];
  return run(argv, { terminal, commands, host: linuxHost(), signal });
}
