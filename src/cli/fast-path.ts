/** The version and help: answered without loading what commands are made of. */
import type { Terminal } from './command.ts';
import { opsctlVersion } from './version.ts';

/** What to print for a command line that only asks for the version or for help; undefined for every other. */
export async function fastPathAnswer(
  argv: readonly string[],
  terminal: Terminal,
): Promise<string | undefined> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) return `${await opsctlVersion()}\n`;
  // Only a look: whether `--help` is a question or the value of another option is the parser's to say.
  if (argv[0] !== 'help' && !argv.includes('--help') && !argv.includes('-h')) return undefined;
  const { helpOf } = await import('./reference/help.ts');
  const { commands } = await import('./commands/index.ts');
  const { readText } = await import('../host/linux/read-text.ts');
  return helpOf(argv, { terminal, commands, files: { readText } });
}
