/** Prints the command reference as Markdown. */
import type { CommandAction, CommandDefinition } from '../../command.ts';
import { markdownReference } from '../../reference/markdown.ts';

export const helpMarkdown =
  (commands: readonly CommandDefinition[]): CommandAction =>
  async ({ terminal }) => {
    terminal.out(markdownReference(commands));
    return 0;
  };
