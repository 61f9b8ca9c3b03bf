/**
 * The entry point of the command line that every boot runs two or three times: `opsctl config`, with or without phases. It
 * loads nothing that other commands need, which takes longer than the work; what else it is given, main.ts does.
 */
import { terminalOf } from './terminal/terminal.ts';

/** Whether `argv` names phases and nothing else. */
const isPhases = ([command, ...options]: readonly string[]): boolean =>
  command === 'config' && options.every((option) => option === '--initrd' || option === '--boot');

async function main(argv: readonly string[]): Promise<void> {
  if (!isPhases(argv)) {
    await import('./main.ts');
    return;
  }
  const { runPhasesNamed } = await import('./run-phases.ts');
  const code = await runPhasesNamed(argv, terminalOf(process));
  // As in main.ts.
  process.exit(code);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`opsctl: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
