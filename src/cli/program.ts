/** Builds the commander program from the command definitions. It parses and prints help; it never exits. */
import { Argument, Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { type OpsError, usage } from '../errors.ts';
import type { CommandDefinition, OptionRow, OptionValues, Terminal } from './command.ts';
import {
  aliasName,
  commonOptions,
  programName,
  synopsis,
  unlistedCommands,
  versionOption,
} from './reference/tree.ts';
import { wrap, wrapCommandLine } from './terminal/wrap.ts';

const widest = 80;
/** Commander's own limit of 40 would leave the text beside long flags unwrapped. */
const minimumTextColumns = 10;
const [verboseOption, helpOption] = commonOptions as [OptionRow, OptionRow];

/** What parsing found: the command to run and what it is given. */
export interface Invocation {
  readonly command: CommandDefinition;
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly options: OptionValues;
  readonly verbose: boolean;
}

export interface ProgramOptions {
  readonly terminal: Terminal;
  readonly version: string;
  /** Top-level commands that do not work on this machine: they run and are not listed. */
  readonly elsewhere: readonly string[];
  /** The only top-level command that will be parsed or shown; all of them when left out. */
  readonly only?: string | undefined;
  readonly onInvoke: (invocation: Invocation) => void;
}

/**
 * A program whose `parse` calls `onInvoke`, throws a usage error, or throws a CommanderError with the exit code 0
 * when it has printed help or the version.
 */
export function buildProgram(definitions: readonly CommandDefinition[], options: ProgramOptions): Command {
  const { terminal } = options;
  const program = new Command(programName)
    .description('Builds, boots, installs and remasters Bhojpur OS.')
    .helpCommand('help [command...]', 'show help for a command')
    .enablePositionalOptions();
  prepare(program, [], terminal);
  program.version(options.version, versionOption.flags, versionOption.help);
  const { only } = options;
  for (const definition of definitions) {
    // The rest are names, which commander needs to tell a mistyped one. Making all of each takes milliseconds.
    const command =
      only === undefined || only === definition.name
        ? commandOf(definition, [definition.name], options)
        : new Command(definition.name);
    program.addCommand(command, {
      hidden: unlistedCommands.includes(definition.name) || options.elsewhere.includes(definition.name),
    });
  }
  const elsewhere = definitions.map(({ name }) => name).filter((name) => options.elsewhere.includes(name));
  const after = [
    ...(elsewhere.length === 0
      ? []
      : [`Not listed, as they do not work on this machine: ${elsewhere.join(', ')}.`]),
    `${aliasName} is another name of the same program, which older scripts use.`,
    `'${programName} help COMMAND' shows the options and examples of a command.`,
  ];
  program.addHelpText('after', `\n${after.map((line) => wrap(line, widest)).join('\n')}`);
  return program;
}

/**
 * `help pack init` is `pack init --help`: the help command of commander takes one word. Throws `unknown-command` (usage).
 */
export function helpSpelledOut(
  argv: readonly string[],
  definitions: readonly CommandDefinition[],
): readonly string[] {
  const [first, ...path] = argv;
  if (first !== 'help' || path.length < 2 || path.some((word) => word.startsWith('-'))) return argv;
  let level = definitions;
  for (const [depth, name] of path.entries()) {
    const found = level.find((definition) => definition.name === name);
    if (found === undefined)
      throw usage('unknown-command', `Unknown command '${path.slice(0, depth + 1).join(' ')}'`, {
        hint: `See '${[programName, ...path.slice(0, depth), '--help'].join(' ')}'.`,
      });
    level = found.subcommands ?? [];
  }
  return [...path, '--help'];
}

function commandOf(definition: CommandDefinition, path: readonly string[], options: ProgramOptions): Command {
  const command = new Command(definition.name)
    .summary(definition.summary)
    .description(definition.description ?? definition.summary)
    .usage(
      synopsis({ path, command: definition })
        .split(' ')
        .slice(path.length + 1)
        .join(' '),
    );
  prepare(command, path, options.terminal);
  for (const argument of definition.args ?? []) {
    command.addArgument(new Argument(argument.name, argument.help));
  }
  for (const row of definition.options ?? []) command.addOption(optionOf(row));
  for (const child of definition.subcommands ?? []) {
    command.addCommand(commandOf(child, [...path, child.name], options));
  }
  if (definition.subcommands !== undefined) command.helpCommand(false).enablePositionalOptions();
  command.addHelpText('after', examplesText(definition));
  if (definition.load !== undefined) {
    command.action(() => {
      const values = command.opts();
      const verbose = [command, ...parentsOf(command)].some((level) => level.opts().verbose === true);
      options.onInvoke({ command: definition, args: command.processedArgs, options: values, verbose });
    });
  }
  return command;
}

/** What every level shares. */
function prepare(command: Command, path: readonly string[], terminal: Terminal): void {
  const width = () => Math.min(terminal.columns, widest);
  command
    .exitOverride((error) => {
      // An exit code of 0: help or the version was printed.
      throw error.exitCode === 0 ? error : usageError(error, [programName, ...path], command.args);
    })
    .addOption(optionOf(verboseOption))
    .helpOption(helpOption.flags, helpOption.help)
    .configureHelp({
      minWidthToWrap: minimumTextColumns,
      subcommandTerm: (child) => [child.name(), ...argumentNames(child)].join(' '),
    })
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      // Errors are printed where the exit code is chosen.
      outputError: () => {},
      getOutHelpWidth: width,
      getErrHelpWidth: width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function optionOf(row: OptionRow): Option {
  const option = new Option(row.flags, row.help);
  if (row.default !== undefined) option.default(row.default);
  if (row.hidden) option.hideHelp();
  if (row.choices !== undefined) option.choices(row.choices);
  // Each word of its list has the name of the option before it (variadic.ts).
  if (row.belongs !== undefined) option.variadic = false;
  if (row.repeatable) {
    // Of `--no-…` it begins as true.
    option.argParser((value: string, before: readonly string[] | boolean | undefined) => {
      if (row.choices !== undefined && !row.choices.includes(value)) {
        throw new InvalidArgumentError(`Allowed choices are ${row.choices.join(', ')}.`);
      }
      return [...(Array.isArray(before) ? before : []), value];
    });
  }
  return option;
}

function examplesText({ examples }: CommandDefinition): string {
  if (examples === undefined || examples.length === 0) return '';
  const rows = examples.map(
    ({ line, does }) => `${wrap(does, widest, '  ')}\n${wrapCommandLine(line, widest, '    ')}`,
  );
  return ['\nExamples:', ...rows].join('\n');
}

function parentsOf(command: Command): Command[] {
  return command.parent === null ? [] : [command.parent, ...parentsOf(command.parent)];
}

const argumentNames = (command: Command) =>
  command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );

/** Options that give something away for good. Who mistypes another one is not led to them. */
const neverSuggested = ['--wipe', '--allow-no-login', '--allow-warnings', '--insecure'];

/** `Did you mean --json?` or `Did you mean one of --json, --jump?`, as commander says it, or undefined. */
function suggestionOf(text: string | undefined): string | undefined {
  const found = /^Did you mean (?:one of )?(.*)\?\)$/.exec(text ?? '')?.[1]?.split(', ') ?? [];
  const names = found.filter((name) => !neverSuggested.includes(name));
  if (names.length === 0) return undefined;
  return `Did you mean ${names.length > 1 ? 'one of ' : ''}${names.join(', ')}?`;
}

/** The usage error that a CommanderError stands for; its texts are `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function usageError(error: CommanderError, path: readonly string[], args: readonly string[]): OpsError {
  const help = `See '${path.join(' ')} --help'.`;
  if (error.code === 'commander.help') {
    return args[0] === 'help'
      ? usage('unknown-command', `Unknown command '${args[1]}'`, { hint: help })
      : usage('command-missing', 'A command is missing', { hint: 'The commands are listed above.' });
  }
  const [text = '', question] = error.message.replace(/^error: /, '').split('\n(');
  const suggestion = suggestionOf(question);
  const code = error.code
    .replace(/^commander\./, '')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return usage(code, text.charAt(0).toUpperCase() + text.slice(1), {
    hint: suggestion === undefined ? help : `${suggestion} ${help}`,
  });
}
