/** `opsctl edge`: installation media of Palette edge hosts. */
import type { CommandDefinition } from '../../command.ts';

const validate: CommandDefinition = {
  name: 'validate',
  summary: 'check user-data of edge hosts',
  prints: true,
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

const iso: CommandDefinition = {
  name: 'iso',
  summary: 'put user-data, content and cluster configuration onto an edge installer ISO',
  description:
    'Puts files onto an edge installer that CanvOS has built, where the installer looks for them, in milliseconds: in ' +
    'place, or into a new file with -o. User data with errors are refused, and so are an ISO that is not an edge installer ' +
    'and, without --replace, files that are there. Neither Docker nor root is needed, and no other program is run. `opsctl ' +
    'iso remaster ISO --undo` restores the original bytes.',
  args: [{ name: '<iso>', help: 'the edge installer' }],
  options: [
    {
      flags: '--user-data <file>',
      help: 'check this, and put it where the image has its own, else at /config.yaml',
    },
    {
      flags: '--content <folder>',
      help: 'put its bundles (.zst) into /opt/spectrocloud/content; one .zst file will do, too',
      repeatable: true,
    },
    { flags: '--split-content', help: 'cut all bundles into parts (NAME_part00), not only those over 3 GB' },
    { flags: '--cluster-config <file>', help: 'put this spc.tgz into /opt/spectrocloud/clusterconfig' },
    {
      flags: '--custom-config <file>',
      help: 'put this, with the key that signs content, at /.edge_custom_config.yaml',
    },
    {
      flags: '-o, --output <file>',
      help: 'write a new image there (- is stdout) and leave the old one alone',
    },
    { flags: '--replace', help: 'replace what is there' },
    { flags: '--force', help: 'take an ISO that does not look like an edge installer' },
    { flags: '--dry-run', help: 'only show what would be done' },
    { flags: '--json', help: 'print the result as JSON' },
  ],
  examples: [
    { line: 'opsctl edge iso installer.iso --user-data user-data', does: 'Put user-data onto an installer:' },
    {
      line: 'opsctl edge iso installer.iso -o site.iso --user-data user-data --content content-3a1b --cluster-config spc.tgz',
      does: 'Make one for a host without a network:',
    },
  ],
  load: () => import('./iso-action.ts').then((module) => module.edgeIso),
};

const site: CommandDefinition = {
  name: 'site',
  summary: 'make an ISO with the user-data of a site',
  description:
    'Makes an ISO labelled cidata with user-data and meta-data, which an edge installer, the host it has installed, and ' +
    'cloud-init read beside what they have: for a stick, a CD or virtual media. User data with errors are refused. The same ' +
    'files give the same bytes.',
  args: [{ name: '<user-data>', help: 'user-data of the site; - is stdin' }],
  options: [
    { flags: '-o, --output <file>', help: 'where the ISO is written', default: 'site.iso' },
    { flags: '--hostname <name>', help: 'put this as local-hostname into meta-data' },
    { flags: '--meta-data <file>', help: 'take this as meta-data; an instance-id is made otherwise' },
    { flags: '--replace', help: 'replace an ISO that exists' },
    { flags: '--dry-run', help: 'only show what would be done' },
    { flags: '--json', help: 'print a JSON object' },
  ],
  examples: [
    { line: 'opsctl edge site sites/ghent/user-data -o ghent.iso', does: 'Make the ISO of a site:' },
    {
      line: 'opsctl edge site user-data -o ghent-2.iso --hostname ghent-2',
      does: 'Give the host its name as well:',
    },
  ],
  load: () => import('./site-action.ts').then((module) => module.edgeSite),
};

export const edgeCommand: CommandDefinition = {
  name: 'edge',
  summary: 'check user-data of Palette edge hosts and put them onto media',
  subcommands: [validate, iso, site],
};
