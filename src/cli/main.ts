/**
 * The entry point of opsctl, and the process ends here and nowhere else. It answers what the fast path knows; all
 * commands are behind one import, which a bundle keeps as a text until it is wanted (see scripts/bundle.ts).
 */
import { fastPathAnswer } from './fast-path.ts';
import { lostOutput } from './terminal/lost-output.ts';
import { terminalOf } from './terminal/terminal.ts';

async function main(argv: readonly string[]): Promise<number> {
  const terminal = terminalOf(process);
  const answer = await fastPathAnswer(argv, terminal);
  if (answer !== undefined) {
    terminal.out(answer);
    const lost = await lostOutput(terminal);
    if (lost === undefined) return 0;
    const { exitCodeOf } = await import('../errors.ts');
    const { failureText } = await import('./report.ts');
    terminal.err(failureText(lost, terminal, { verbose: false, version: '' }));
    return exitCodeOf(lost);
  }
  const { runCommand } = await import('./run-command.ts');
  return runCommand(argv, terminal);
}

main(process.argv.slice(2)).then(
  // A library's forgotten socket or timer must not keep a finished command alive; on Linux what was written to
  // stdout and stderr is out by now.
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`opsctl: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
