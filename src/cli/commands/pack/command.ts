/** `opsctl pack`: packs for Palette. */
import type { CommandDefinition } from '../../command.ts';

const validate: CommandDefinition = {
  name: 'validate',
  summary: 'check packs, whoever wrote them',
  description:
    'Reports all faults of the packs in folders at once, each with file, line and column: what Palette or a registry would ' +
    'refuse, what it would pass over, and what the examples of its documentation get wrong. With --fix what is ' +
    'mechanical is mended in the files. Says nothing when all is well; ends with 2 if there is an error.',
  args: [{ name: '[folder...]', help: 'folders with a pack.json in them' }],
  options: [
    { flags: '--fix', help: 'mend what is mechanical, comments kept' },
    { flags: '--json', help: 'print a JSON object' },
  ],
  examples: [
    { line: 'opsctl pack validate packs/*', does: 'Check all packs of a folder:' },
    { line: 'opsctl pack validate edge-native-byoi-2.1.0 --fix', does: 'Mend one:' },
  ],
  load: () => import('./validate-action.ts').then((module) => module.packValidate),
};

export const packCommand: CommandDefinition = {
  name: 'pack',
  summary: 'make, check and push packs for Palette',
  subcommands: [validate],
};
