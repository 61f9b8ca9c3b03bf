/** What the completion scripts of all shells are made from. */
import type { CommandDefinition } from '../command.ts';
import { type CommandNode, programName, versionOption, walk } from './tree.ts';

export interface CompletionTree {
  /** Every listed command and subcommand, parents before children. */
  readonly nodes: readonly CommandNode[];
  /** The program itself, as a command with the listed commands below it. */
  readonly program: CommandNode;
}

export function completionTree(commands: readonly CommandDefinition[]): CompletionTree {
  const nodes = walk(commands);
  const subcommands = nodes.filter(({ path }) => path.length === 1).map(({ command }) => command);
  return {
    nodes,
    program: { path: [], command: { name: programName, summary: '', options: [versionOption], subcommands } },
  };
}

/** The words that may stand as an argument; none where files may. */
export const argumentWords = (command: CommandDefinition): readonly string[] =>
  (command.args ?? []).flatMap(({ words }) => words ?? []);
