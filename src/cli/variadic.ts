/**
 * Options that take several words: `--install device=/dev/vda silent`. Such a list would swallow whatever stands behind
 * it, the ISO too; so each word that belongs to it gets the option's name of its own before the command line is parsed.
 */
import type { CommandDefinition, OptionRow } from './command.ts';

/** `argv` with the name of the option before each word of its list. */
export function withListsApart(argv: readonly string[], commands: readonly CommandDefinition[]): string[] {
  const rows = optionsOf(argv, commands).filter(({ belongs }) => belongs !== undefined);
  const apart: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    // What follows is for nobody's options.
    if (word === '--') return [...apart, ...argv.slice(index)];
    const row = rows.find(({ flags }) => longName(flags) === word.replace(/=.*$/s, ''));
    apart.push(word);
    if (row === undefined) continue;
    const name = longName(row.flags);
    if (word === name && index + 1 < argv.length) {
      index += 1;
      apart.push(argv[index] ?? '');
    }
    for (let next = argv[index + 1]; next !== undefined && row.belongs?.(next); next = argv[index + 1]) {
      apart.push(name, next);
      index += 1;
    }
  }
  return apart;
}

const longName = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

/** Of the command that is named. */
function optionsOf(argv: readonly string[], commands: readonly CommandDefinition[]): readonly OptionRow[] {
  const [first, second] = argv;
  const command = commands.find(({ name }) => name === first);
  const child = command?.subcommands?.find(({ name }) => name === second);
  return (child ?? command)?.options ?? [];
}
