/**
 * `--takeover=replace` beside `--takeover`: to a parser an option has a value or has none, and one that may have one swallows
 * the word behind it. So such a spelling is put in the place of another option before the command line is parsed.
 */
import type { CommandDefinition } from './command.ts';

/** `argv` with the options that the spellings of the named command stand for. */
export function withSpellings(
  argv: readonly string[],
  commands: readonly CommandDefinition[],
): readonly string[] {
  const command = commands.find(({ name }) => name === argv[0]);
  const spellings = new Map(
    command?.options?.flatMap(({ flags, spelling }) =>
      spelling === undefined ? [] : [[spelling, flags] as const],
    ),
  );
  const end = argv.indexOf('--');
  return argv.map((word, index) => (end >= 0 && index > end ? word : (spellings.get(word) ?? word)));
}
