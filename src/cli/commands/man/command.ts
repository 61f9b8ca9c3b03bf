/** `opsctl man`: the manual page made from the command tree. */
import type { CommandDefinition } from '../../command.ts';

export const manCommand = (tree: () => readonly CommandDefinition[]): CommandDefinition => ({
  name: 'man',
  summary: 'print the manual page',
  prints: true,
  description: 'Prints one manual page, in roff, with every command.',
  examples: [{ line: 'opsctl man | man -l -', does: 'Read it:' }],
  load: () => import('./action.ts').then((module) => module.man(tree())),
});
