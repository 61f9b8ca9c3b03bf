/** The fish completion script: one `complete` line per command and option. */
import type { CommandDefinition } from '../command.ts';
import { argumentWords, completionTree } from './completion-tree.ts';
import {
  aliasName,
  type CommandNode,
  listedOptions,
  parseFlags,
  programName,
  versionOption,
} from './tree.ts';

export function fishCompletion(commands: readonly CommandDefinition[]): string {
  const { nodes, program } = completionTree(commands);
  const names = (program.command.subcommands ?? []).map(({ name }) => name);
  const { short, long } = parseFlags(versionOption.flags);
  return [
    `# fish completion for ${programName}`,
    `complete -c ${programName} -n __fish_use_subcommand -f -s ${bare(short)} -l ${bare(long)} -d ${quoted(versionOption.help)}`,
    ...nodes.flatMap((node) => [
      commandLine(node, nodes, names),
      ...optionLines(node, nodes),
      ...argumentLines(node),
    ]),
    `complete -c ${aliasName} -w ${programName}`,
    '',
  ].join('\n');
}

function commandLine(
  { path, command }: CommandNode,
  nodes: readonly CommandNode[],
  names: readonly unknown[],
) {
  const above = path.slice(0, -1);
  const siblings = above.length === 0 ? names : childrenOf(above, nodes);
  const condition = [...above.map(seen), `not ${seen(siblings.join(' '))}`].join('; and ');
  return `complete -c ${programName} -n ${quoted(condition)} -f -a ${command.name} -d ${quoted(command.summary)}`;
}

function optionLines({ path, command }: CommandNode, nodes: readonly CommandNode[]): string[] {
  const below = childrenOf(path, nodes);
  const condition = [...path.map(seen), ...(below.length === 0 ? [] : [`not ${seen(below.join(' '))}`])];
  return listedOptions(command).map((option) => {
    const { short, long, value } = parseFlags(option.flags);
    return [
      `complete -c ${programName} -n ${quoted(condition.join('; and '))}`,
      ...(short === undefined ? [] : [`-s ${bare(short)}`]),
      ...(long === undefined ? [] : [`-l ${bare(long)}`]),
      ...(value === undefined ? [] : ['-r']),
      ...(option.choices === undefined ? [] : [`-f -a ${quoted(option.choices.join(' '))}`]),
      `-d ${quoted(option.help)}`,
    ].join(' ');
  });
}

function argumentLines({ path, command }: CommandNode): string[] {
  const words = argumentWords(command);
  if (words.length === 0) return [];
  const condition = path.map(seen).join('; and ');
  return [`complete -c ${programName} -n ${quoted(condition)} -f -a ${quoted(words.join(' '))}`];
}

const childrenOf = (path: readonly string[], nodes: readonly CommandNode[]) =>
  nodes
    .filter((node) => node.path.length === path.length + 1 && path.every((name, i) => node.path[i] === name))
    .map((node) => node.command.name);

const seen = (names: string) => `__fish_seen_subcommand_from ${names}`;
const bare = (flag: string | undefined) => (flag ?? '').replace(/^-+/, '');
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
