/** The entry point of opsctl. The process ends here and nowhere else. */
import { stopSignal } from './signals.ts';
import { terminalOf } from './terminal.ts';

/** A list that is being drawn has hidden it (ECMA-48 DECTCEM). */
const showCursor = '\x1b[?25h';

async function main(argv: readonly string[]): Promise<number> {
  const terminal = terminalOf(process);
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    // Answered before the command tree is loaded.
    const { opsctlVersion } = await import('./version.ts');
    terminal.out(`${await opsctlVersion()}\n`);
    return 0;
  }
  const signal = stopSignal(process, (code) => {
    if (terminal.stderrIsTty) terminal.err(showCursor);
    process.exit(code);
  });
  const { run } = await import('./run.ts');
  const { commands } = await import('./commands/index.ts');
  const { linuxHost } = await import('../host/linux/index.ts');
  return run(argv, { terminal, commands, host: linuxHost(), signal });
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
