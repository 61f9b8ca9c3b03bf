/** The command tree as help, completion, the man page and the documentation walk it. */
import type { CommandDefinition, OptionRow } from '../command.ts';

export const programName = 'opsctl';
/** The same program under its other documented name. */
export const aliasName = 'opsutl';

/** The one option that only the program itself has. */
export const versionOption: OptionRow = { flags: '-V, --version', help: 'print the version and exit' };

/** Options that every command has. */
export const commonOptions: readonly OptionRow[] = [
  { flags: '-v, --verbose', help: 'print more while working and when something fails' },
  { flags: '-h, --help', help: 'show help and exit' },
];

/** Commands that work and are not listed: they serve the build of this project, or services of the system. */
export const unlistedCommands: readonly string[] = [
  'help-markdown',
  'trial',
  'datastore',
  'metadata',
  'report',
  'announce',
];

export interface CommandNode {
  /** Names from the program down: `['vm', 'run']`; empty for the program. */
  readonly path: readonly string[];
  readonly command: CommandDefinition;
}

/** Every listed command and subcommand, parents before children. */
export function walk(commands: readonly CommandDefinition[], above: readonly string[] = []): CommandNode[] {
  return commands.flatMap((command) => {
    if (above.length === 0 && unlistedCommands.includes(command.name)) return [];
    const path = [...above, command.name];
    return [{ path, command }, ...walk(command.subcommands ?? [], path)];
  });
}

/** The options of a command that help lists, the common ones last. */
export function listedOptions(command: CommandDefinition): OptionRow[] {
  return [...(command.options ?? []), ...commonOptions].filter((option) => !option.hidden);
}

export interface Flags {
  readonly short?: string;
  readonly long?: string;
  /** `<file>` or `[file]`; undefined for a switch. */
  readonly value?: string;
}

/** Takes commander's notation apart: `-o, --output <file>`. */
export function parseFlags(flags: string): Flags {
  const parts = flags.split(/[ ,|]+/);
  const short = parts.find((part) => /^-[^-]/.test(part));
  const long = parts.find((part) => part.startsWith('--'));
  const value = parts.find((part) => /^[<[]/.test(part));
  return {
    ...(short === undefined ? {} : { short }),
    ...(long === undefined ? {} : { long }),
    ...(value === undefined ? {} : { value }),
  };
}

/** `opsctl vm run [options] [iso]` */
export function synopsis({ path, command }: CommandNode): string {
  const words = [programName, ...path, '[options]', ...(command.args ?? []).map((argument) => argument.name)];
  if (command.subcommands !== undefined) words.push(command.load === undefined ? '<command>' : '[command]');
  return words.join(' ');
}
