/** The bash completion script: a table from the words typed so far to what may follow. */
import type { CommandDefinition } from '../command.ts';
import { argumentWords } from './completion-tree.ts';
import { aliasName, listedOptions, parseFlags, programName, walk } from './tree.ts';

export function bashCompletion(commands: readonly CommandDefinition[]): string {
  const nodes = walk(commands);
  const rows = nodes.map(({ path, command }) => {
    const args = argumentWords(command);
    const words = [
      ...(command.subcommands ?? []).map((child) => child.name),
      ...args,
      ...optionWords(command),
    ];
    // Where words are offered no file is meant.
    const files = args.length === 0 ? '' : ' value=1';
    return `    '${path.join(' ')}') words='${words.join(' ')}'${files} ;;`;
  });
  const values = nodes.flatMap(({ path, command }) =>
    (command.options ?? []).flatMap((option) => {
      const { short, long, value } = parseFlags(option.flags);
      if (value === undefined) return [];
      const patterns = [short, long].filter(Boolean).map((flag) => `'${path.join(' ')} ${flag}'`);
      const choices = option.choices?.join(' ') ?? '';
      return [`    ${patterns.join('|')}) words='${choices}' files=${choices === '' ? 1 : 0} value=1 ;;`];
    }),
  );
  const top = [...commands.filter(({ name }) => nodes.some(({ path }) => path[0] === name))];
  return `# bash completion for ${programName}
_${programName}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' next word index words='' files=0 value=0
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    next="\${path:+$path }$word"
    case "$next" in
      ${nodes.map(({ path }) => `'${path.join(' ')}'`).join('|')}) path="$next" ;;
    esac
  done
  case "$path $previous" in
${values.join('\n')}
  esac
  if ((value == 0)); then
    case "$path" in
    '') words='${[...top.map(({ name }) => name), 'help', '--version', '--help'].join(' ')}' ;;
${rows.join('\n')}
    esac
    [[ "$current" == -* ]] || files=$((1 - value))
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if ((\${#COMPREPLY[@]} == 0 && files == 1)); then
    compopt -o default 2>/dev/null
  fi
}
complete -F _${programName} ${programName} ${aliasName}
`;
}

function optionWords(command: CommandDefinition): string[] {
  return listedOptions(command).flatMap((option) => parseFlags(option.flags).long ?? []);
}
