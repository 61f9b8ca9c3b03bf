/** `opsctl pack`: packs for Palette. */
import { fieldNames, fields, kindNames } from '../../../palette/init/request.ts';
import type { CommandDefinition } from '../../command.ts';

const init: CommandDefinition = {
  name: 'init',
  summary: 'make a pack',
  description:
    'Makes the folder NAME-VERSION with everything a pack needs: pack.json, values.yaml with comments, README.md, a logo, and ' +
    'for the OS of edge hosts and generic-byoi presets.yaml and schema.yaml. Asks, at a terminal, for what the options leave open. ' +
    'The pack is checked before it is written, and gets its name when all of it is on the disk.',
  options: [
    { flags: '--kind <kind>', help: 'what the pack is', choices: kindNames },
    { flags: '--build <folder>', help: 'artifacts of a build, which give version and name of the OS' },
    ...fieldNames.map((name) => ({ flags: fields[name].flags, help: fields[name].help })),
    {
      flags: '--cloud <type>',
      help: 'cloud that the pack is for, in the place of its kind’s own',
      repeatable: true,
    },
    { flags: '--chart <file>', help: 'packed chart of an add-on', repeatable: true },
    { flags: '--manifest <file>', help: 'manifests of an add-on; their images are listed', repeatable: true },
    { flags: '--content-image <image>', help: 'one more image for pack.content.images', repeatable: true },
    { flags: '--drain', help: 'write pack.drain as values, not as a comment' },
    { flags: '--logo <file>', help: 'a picture in PNG; a plain one by default' },
    { flags: '-o, --output <folder>', help: 'where the folder of the pack is made', default: '.' },
    { flags: '--json', help: 'ask nothing, and print a JSON object' },
  ],
  examples: [
    {
      line: 'opsctl pack init --kind edge --build dist/artifacts --uri registry.example.com/bos:k3s-1.33.5-v4.7.0-demo',
      does: 'A pack for edge hosts, with the image of a build:',
    },
    {
      line: 'opsctl pack init --kind addon --name web --addon-type "app services" --manifest web.yaml',
      does: 'An add-on from a manifest:',
    },
    { line: 'opsctl pack init', does: 'Be asked:' },
  ],
  load: () => import('./init-action.ts').then((module) => module.packInit),
};

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
  subcommands: [init, validate],
};
