/** The zsh completion script: one function per command, `_arguments` and `_describe` do the rest. */
import type { CommandDefinition } from '../command.ts';
import { argumentWords, completionTree } from './completion-tree.ts';
import { aliasName, type CommandNode, listedOptions, parseFlags, programName } from './tree.ts';

export function zshCompletion(commands: readonly CommandDefinition[]): string {
  const { nodes, program } = completionTree(commands);
  return `#compdef ${programName} ${aliasName}
${[program, ...nodes].map(functionOf).join('\n')}
_${programName} "$@"
`;
}

function functionOf({ path, command }: CommandNode): string {
  const name = ['', programName, ...path].join('_');
  const specs = listedOptions(command).flatMap((option) => {
    const { short, long, value } = parseFlags(option.flags);
    const help = quoted(option.help.replace(/[[\]:]/g, '\\$&'));
    const argument = value === undefined ? '' : `:value:${valuesOf(option.choices)}`;
    const again = option.repeatable ? '*' : '';
    return [short, long].filter(Boolean).map((flag) => `'${again}${flag}[${help}]${argument}'`);
  });
  if (command.subcommands === undefined) {
    const words = argumentWords(command);
    const offered = valuesOf(words.length === 0 ? undefined : words);
    const rest = command.args === undefined || command.args.length === 0 ? [] : [`'*:argument:${offered}'`];
    return `${name}() {\n  _arguments -S ${[...specs, ...rest].join(' \\\n    ')}\n}`;
  }
  const rows = command.subcommands.map((child) => `    '${child.name}:${quoted(child.summary)}'`);
  const calls = command.subcommands.map((child) => `        ${child.name}) ${name}_${child.name} ;;`);
  return `${name}() {
  local state line
  local -a children=(
${rows.join('\n')}
  )
  _arguments -C -S ${specs.join(' \\\n    ')} \\
    '1: :->child' '*:: :->rest'
  case "$state" in
    child) _describe command children ;;
    rest)
      case "$line[1]" in
${calls.join('\n')}
      esac ;;
  esac
}`;
}

const valuesOf = (choices: readonly string[] | undefined) =>
  choices === undefined ? '_files' : `(${choices.join(' ')})`;

const quoted = (text: string) => text.replaceAll("'", "'\\''");
