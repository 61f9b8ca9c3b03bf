/** `opsctl pack`: packs for Palette. */
import { fieldNames, fields, kindNames } from '../../../palette/init/request.ts';
import type { CommandDefinition, OptionRow } from '../../command.ts';

const init: CommandDefinition = {
  name: 'init',
  summary: 'make a pack',
  description:
    'Makes the folder NAME-VERSION with everything a pack needs: pack.json, values.yaml with comments, README.md, a logo, and ' +
    'for the OS of edge hosts and generic-byoi presets.yaml and schema.yaml. Asks, at a terminal, for what the options leave open. ' +
    'The pack is checked before it is written, and gets its name when all of it is on the disk.',
  options: [
    { flags: '--kind <kind>', help: 'what the pack is', choices: kindNames },
    {
      flags: '--build <folder>',
      help: 'artifacts of a build, which give version and name of the OS, and its image (dist/palette)',
    },
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
  prints: true,
  description:
    'Reports all faults of packs at once, each with file, line and column: what Palette or a registry would ' +
    'refuse, what it would pass over, and what the examples of its documentation get wrong. With --fix what is ' +
    'mechanical is mended in the files of folders. Says nothing when all is well; ends with 2 if there is an error.',
  args: [{ name: '[pack...]', help: 'folders with a pack.json in them, or archives of packs' }],
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

const json: OptionRow = { flags: '--json', help: 'print a JSON object' };
const events: OptionRow = { flags: '--json', help: 'print events as JSON lines' };
const registryArgument = {
  name: '<registry>',
  help: 'REGISTRY or REGISTRY/BASE; packs are below spectro-packs/archive in it',
  words: [],
};
const connection: readonly OptionRow[] = [
  {
    flags: '--plain-http',
    help: 'talk to the registry without encryption; registries of this machine are always talked to so',
  },
  { flags: '--ca-file <file>', help: 'certificates (PEM) to trust in addition to the usual ones' },
];
const loginWords =
  'Logs in with what `opsctl pack login` or `docker login` has left in ~/.docker/config.json, or in the folder ' +
  'DOCKER_CONFIG names; the credential helpers named there are run.';

const show: CommandDefinition = {
  name: 'show',
  summary: 'show what a pack is and holds',
  prints: true,
  description:
    'Shows name, version, layer, clouds, images, annotations and files of a pack in a folder or an archive, and how many ' +
    'faults it has. Passwords are not shown.',
  args: [{ name: '<pack>', help: 'folder of a pack, or its archive' }],
  options: [json],
  examples: [{ line: 'opsctl pack show edge-native-byoi-2.1.0', does: 'Look at a pack:' }],
  load: () => import('./show-action.ts').then((module) => module.packShow),
};

const build: CommandDefinition = {
  name: 'build',
  summary: 'pack the folder of a pack into its archive',
  description:
    'Writes NAME-VERSION.tar.gz, the archive that a registry holds: one folder with the files of the pack, hidden ones left ' +
    'out. The same files give the same bytes. A pack with errors is refused.',
  args: [{ name: '<folder>', help: 'folder of a pack' }],
  options: [
    { flags: '-o, --output <folder>', help: 'where the archive is written', default: '.' },
    { flags: '--force', help: 'replace an archive that exists' },
    json,
  ],
  examples: [{ line: 'opsctl pack build edge-native-byoi-2.1.0', does: 'Make the archive:' }],
  load: () => import('./archive-actions.ts').then((module) => module.packBuild),
};

const push: CommandDefinition = {
  name: 'push',
  summary: 'send a pack to a registry',
  description:
    'Checks the pack, and sends it to BASE/spectro-packs/archive/NAME:VERSION, in the form that Palette reads. A version that ' +
    'is there with other content is replaced only with --force and a message, which pack.json then has as commit_msg; a tag that ' +
    `is not a pack's is never touched. Sends only what the registry does not have, goes on where it was cut off, and sets the tag last. ${loginWords}`,
  args: [{ name: '<pack>', help: 'folder of a pack, or its archive' }, registryArgument],
  options: [
    { flags: '-f, --force', help: 'replace a version that is there; needs --message' },
    { flags: '-m, --message <text>', help: 'why it is replaced' },
    ...connection,
    events,
  ],
  examples: [
    { line: 'opsctl pack push edge-native-byoi-2.1.0 registry.example.com/team', does: 'Send a pack:' },
    {
      line: 'opsctl pack push edge-native-byoi-2.1.0 registry.example.com/team -f -m "new image"',
      does: 'Replace that version:',
    },
  ],
  load: () => import('./archive-actions.ts').then((module) => module.packPush),
};

const pull: CommandDefinition = {
  name: 'pull',
  summary: 'fetch a pack from a registry',
  description:
    'Fetches the archive of a pack, or unpacks it. Compares its digest, looks through it for what leads out of its folder, ' +
    `and gives it its name when it is complete. ${loginWords}`,
  args: [{ name: '<pack>', help: 'NAME:VERSION', words: [] }, registryArgument],
  options: [
    { flags: '--unpack', help: 'make the folder of the pack in the place of its archive' },
    { flags: '-o, --output <folder>', help: 'where it is written', default: '.' },
    { flags: '--force', help: 'replace an archive that exists' },
    ...connection,
    events,
  ],
  examples: [
    {
      line: 'opsctl pack pull edge-native-byoi:2.1.0 registry.example.com/team --unpack',
      does: 'Fetch a pack to look into it:',
    },
  ],
  load: () => import('./archive-actions.ts').then((module) => module.packPull),
};

const list: CommandDefinition = {
  name: 'list',
  summary: 'list the packs of a registry',
  prints: true,
  description: `Lists the packs of a registry with their versions, or the versions of one. Many registries do not tell which packs they have: then name one. ${loginWords}`,
  args: [registryArgument, { name: '[name]', help: 'a pack', words: [] }],
  options: [...connection, json],
  examples: [{ line: 'opsctl pack list registry.example.com/team', does: 'See what is there:' }],
  load: () => import('./registry-actions.ts').then((module) => module.packList),
};

const login: CommandDefinition = {
  name: 'login',
  summary: 'log in to a registry',
  description:
    'Tries name and password, and keeps them where docker, podman and skopeo look: by the credential helper of ' +
    '~/.docker/config.json, or the folder DOCKER_CONFIG names, else in that file itself.',
  args: [{ name: '<registry>', help: 'HOST or HOST:PORT', words: [] }],
  options: [
    { flags: '-u, --username <name>', help: 'asked at a terminal when left out' },
    { flags: '--password-stdin', help: 'read the password from stdin' },
    ...connection,
  ],
  examples: [
    {
      line: 'opsctl pack login registry.example.com --username me --password-stdin < password',
      does: 'Log in from a script:',
    },
  ],
  load: () => import('./registry-actions.ts').then((module) => module.packLogin),
};

export const packCommand: CommandDefinition = {
  name: 'pack',
  summary: 'make, check and push packs for Palette',
  subcommands: [init, validate, show, build, push, pull, list, login],
};
