/** `opsctl edge`: installation media of Palette edge hosts. */
import type { CommandDefinition } from '../../command.ts';

const validate: CommandDefinition = {
  name: 'validate',
  summary: 'check user-data of edge hosts',
  description:
    'Reports all faults of user-data at once, each with file, line and column: the first line, stylus, install and ' +
    'stages; keys in the wrong place, values of the wrong type, what the mode of the host (connected or airgap) needs and ' +
    'excludes, certificates, registries, secrets as plain text. Keys that are not documented are warnings. Says ' +
    'nothing when all is well; ends with 2 if there is an error.',
  args: [{ name: '[file...]', help: 'files with user-data; - is stdin' }],
  options: [
    {
      flags: '--site',
      help: 'they are for a site, merged with those of the installer, and need not be whole',
    },
    { flags: '--agent', help: 'they are for agent mode, on a system that is there' },
    { flags: '--json', help: 'print a JSON object' },
  ],
  examples: [
    { line: 'opsctl edge validate user-data', does: 'Check user-data before they go onto a medium:' },
    {
      line: "opsctl edge validate sites/*/user-data --site --json | jq -r '.diagnostics[].message'",
      does: 'Check those of all sites from a script:',
    },
  ],
  load: () => import('./validate-action.ts').then((module) => module.edgeValidate),
};

export const edgeCommand: CommandDefinition = {
  name: 'edge',
  summary: 'check user-data of Palette edge hosts and put them onto media',
  subcommands: [validate],
};
