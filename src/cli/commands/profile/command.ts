/** `opsctl profile`: cluster profiles for Palette. */
import { shownTypes } from '../../../palette/profile/model.ts';
import type { CommandDefinition } from '../../command.ts';

const file = {
  name: '<file>',
  help: 'file of a profile, or the JSON that Palette exports; - for stdin',
};

const init: CommandDefinition = {
  name: 'init',
  summary: 'make the file of a profile',
  description:
    'Writes the file of a profile, YAML with comments, from folders of packs and from packs of a registry. Asks, at a terminal, for ' +
    'what the options leave open. The layer of a pack follows from its folder or its name, or is said in front: LAYER=NAME:VERSION. ' +
    'The profile is checked before it is written.',
  options: [
    {
      flags: '--type <type>',
      help: 'what the profile is',
      choices: shownTypes,
    },
    { flags: '--name <name>', help: 'of the profile' },
    { flags: '--profile-version <version>', help: 'of the profile; 1.0.0 by default' },
    { flags: '--description <text>', help: 'what Palette shows of it' },
    {
      flags: '--pack <pack>',
      help: 'folder of a pack, or NAME:VERSION of one in a registry',
      repeatable: true,
    },
    { flags: '--registry <name>', help: 'registry of the packs, as it is called in Palette' },
    { flags: '-o, --output <file>', help: 'the file', default: 'profile.yaml' },
    { flags: '--force', help: 'replace a file that exists' },
    { flags: '--json', help: 'ask nothing, and print a JSON object' },
  ],
  examples: [
    {
      line: 'opsctl profile init --type infra --name edge-infra --registry "Public Repo" --pack edge-native-byoi-0.1.0 --pack edge-k3s:1.33.5 --pack cni-calico:3.30.2 --pack csi-longhorn:1.9.0',
      does: 'Infrastructure for edge hosts, with a pack from this folder:',
    },
    { line: 'opsctl profile init', does: 'Be asked:' },
  ],
  load: () => import('./init-action.ts').then((module) => module.profileInit),
};

const validate: CommandDefinition = {
  name: 'validate',
  summary: 'check profiles of either form',
  prints: true,
  description:
    'Reports all faults of profiles at once, each with file, line and column: layers, names, versions, registries, variables, ' +
    'macros, and the values of their packs, also inside of JSON. Packs in folders are checked along. Says nothing when all is ' +
    'well; ends with 2 if there is an error.',
  args: [{ ...file, name: '[file...]' }],
  options: [{ flags: '--json', help: 'print a JSON object' }],
  examples: [
    { line: 'opsctl profile validate profile.yaml', does: 'Check a profile:' },
    { line: 'opsctl profile validate exported/*.json', does: 'Check what Palette has exported:' },
  ],
  load: () => import('./validate-action.ts').then((module) => module.profileValidate),
};

const render: CommandDefinition = {
  name: 'render',
  summary: 'print the JSON that Palette imports',
  prints: true,
  description:
    'Prints a profile as JSON for Palette, with the values of its packs in it, every byte as it is. With --as source it prints ' +
    'the file of a profile instead, to go on with an exported one. What an export says of itself (uids, annotations) is left ' +
    'out, and named on stderr. A profile with errors is refused.',
  args: [file],
  options: [
    { flags: '--as <form>', help: 'what is printed', choices: ['export', 'source'], default: 'export' },
    { flags: '-o, --output <file>', help: 'write it to a file' },
    { flags: '--force', help: 'replace a file that exists' },
    { flags: '--json', help: 'with --output: print a JSON object' },
  ],
  examples: [
    { line: 'opsctl profile render profile.yaml -o profile.json', does: 'Make what Palette imports:' },
    { line: 'opsctl profile render exported.json --as source', does: 'Turn an export into a file to edit:' },
  ],
  load: () => import('./render-action.ts').then((module) => module.profileRender),
};

const diff: CommandDefinition = {
  name: 'diff',
  summary: 'show what differs between two profiles',
  prints: true,
  description:
    'Compares two profiles of either form by pack, by key of the values, by manifest and by variable; comments and layout are told ' +
    'apart from values, and secrets are not shown. Ends with 0 if they are the same, with 2 if they differ.',
  args: [
    { name: '<before>', help: file.help },
    { name: '<after>', help: file.help },
  ],
  options: [{ flags: '--json', help: 'print a JSON object' }],
  examples: [
    { line: 'opsctl profile diff exported.json profile.yaml', does: 'See what an import would change:' },
  ],
  load: () => import('./diff-action.ts').then((module) => module.profileDiff),
};

export const profileCommand: CommandDefinition = {
  name: 'profile',
  summary: 'make, check and compare cluster profiles for Palette',
  description: 'A profile is the list of packs that a cluster is made of.',
  subcommands: [init, validate, render, diff],
};
