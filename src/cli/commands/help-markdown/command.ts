/** `opsctl help-markdown`: docs/commands.md made from the command tree. */
import type { CommandDefinition } from '../../command.ts';

export const helpMarkdownCommand = (tree: () => readonly CommandDefinition[]): CommandDefinition => ({
  name: 'help-markdown',
  summary: 'print the command reference as Markdown',
  prints: true,
  examples: [{ line: 'opsctl help-markdown > docs/commands.md', does: 'Refresh the documentation:' }],
  load: () => import('./action.ts').then((module) => module.helpMarkdown(tree())),
});
