/** `opsctl config`: the configuration of the running system, and checks of configuration files anywhere. */
import { allNames } from '../../../config/keys/keys.ts';
import type { CommandDefinition } from '../../command.ts';

const actions = () => import('./action.ts');

export const configCommand: CommandDefinition = {
  name: 'config',
  summary: 'apply, show and check the configuration',
  description:
    'Applies a phase of the configuration: runtime, or the phases you name. The system does so itself at ' +
    'every boot. A key that fails is reported and does not stop the others. Of the subcommands, only try and confirm change something.',
  options: [
    { flags: '--initrd', help: 'apply the initrd phase' },
    { flags: '--boot', help: 'mount the state, restore the identity, apply the boot phase' },
    { flags: '--install', help: 'install as bos.install.* on the kernel command line says' },
  ],
  examples: [
    { line: 'opsctl config', does: 'Apply changes to /var/lib/bhojpur/os/config.yaml now:' },
    { line: 'opsctl config show --origins', does: 'See every value and where it came from:' },
    { line: 'opsctl config validate config.yaml', does: 'Check a file before using it:' },
  ],
  load: () => actions().then((module) => module.applyConfig),
  subcommands: [
    {
      name: 'show',
      summary: 'print the effective configuration, or what files say together',
      prints: true,
      description:
        'Without files, what this system is configured with. With files, what these say together, on any machine: ' +
        'later over earlier.',
      args: [{ name: '[file...]', help: 'configuration files; - is stdin' }],
      options: [
        { flags: '--origins', help: 'one line per key, with where its value came from' },
        { flags: '--secrets', help: 'show passwords, tokens, file contents and all of each URL' },
      ],
      examples: [
        { line: 'opsctl config show', does: 'Print it as YAML, secrets hidden:' },
        {
          line: 'opsctl config show --origins common.yaml node1.yaml',
          does: 'See what two files give together:',
        },
      ],
      load: () => actions().then((module) => module.showConfig),
    },
    {
      name: 'validate',
      summary: 'check configuration files',
      prints: true,
      description: 'Reports all faults at once, each with file, line, column, key and what was expected.',
      args: [{ name: '[file...]', help: 'configuration files; - is stdin' }],
      options: [{ flags: '--cmdline <text>', help: 'a kernel command line to check, too' }],
      examples: [
        { line: 'opsctl config validate config.yaml', does: 'Check a file:' },
        {
          line: "opsctl config validate --cmdline 'bos.mode=install bos.install.silent'",
          does: 'Check a kernel command line:',
        },
      ],
      load: () => actions().then((module) => module.validateConfig),
    },
    {
      name: 'try',
      summary: 'apply a change of network or ssh keys, and take it back unless it is confirmed',
      description:
        'Applies what the file says at once, without writing it to the disk. It is kept, in config.d, when somebody logs in again over ssh, or runs ' +
        '`opsctl config confirm`; otherwise the configuration from before is in force again when the time is over, whatever ' +
        'has become of the session, and after a restart. Only what can be taken back can be tried: bos.network, ' +
        'bos.dns_nameservers, bos.ntp_servers, bos.wifi, ssh_authorized_keys.',
      args: [{ name: '[file]', help: 'a configuration file that ends in .yaml' }],
      options: [
        {
          flags: '--for <time>',
          help: 'how long it waits to be confirmed, such as 90s or 1h',
          default: '5m',
        },
        { flags: '--watch', help: 'what the service bos-config-try does', hidden: true },
        { flags: '--take-back', help: 'what it does at its end', hidden: true },
      ],
      examples: [
        {
          line: 'sudo opsctl config try network.yaml',
          does: 'Change the network, for five minutes at first:',
        },
      ],
      load: () => import('./try-action.ts').then((module) => module.tryConfig),
    },
    {
      name: 'confirm',
      summary: 'keep the configuration that is being tried',
      description: 'Writes it to /var/lib/bhojpur/os/config.d, under the name that it was tried with.',
      examples: [{ line: 'sudo opsctl config confirm', does: 'Keep it:' }],
      load: () => import('./try-action.ts').then((module) => module.confirmConfig),
    },
    {
      name: 'migrate',
      summary: 'turn a configuration of k3OS into one of Bhojpur OS',
      prints: true,
      description:
        'Gives keys their names here and writes the new file; comments and layout stay. What was changed, and what only ' +
        'you can decide (paths of k3s in commands, labels), is listed on stderr. Ends with 2 if the new file has faults.',
      args: [{ name: '<file>', help: 'configuration file; - is stdin' }],
      options: [
        { flags: '-o, --output <file>', help: 'where to write; stdout if left out' },
        { flags: '-f, --force', help: 'overwrite the output file' },
      ],
      examples: [{ line: 'opsctl config migrate k3os.yaml -o config.yaml', does: 'Write a new file:' }],
      load: () => import('./migrate-action.ts').then((module) => module.migrate),
    },
    {
      name: 'get',
      summary: 'print the value of one key',
      prints: true,
      description:
        'Prints the effective value or the default, or nothing if the key has neither: lists one item per line, maps as ' +
        'NAME=VALUE, lists of objects as JSON. Secrets are printed; of a URL in another key only with --secrets what may be ' +
        'secret in it.',
      args: [{ name: '<key>', help: 'such as bos.dns_nameservers', words: allNames() }],
      options: [{ flags: '--secrets', help: 'print URLs with user, password and query' }],
      examples: [{ line: 'opsctl config get hostname', does: 'Print the configured host name:' }],
      load: () => actions().then((module) => module.getConfig),
    },
    {
      name: 'schema',
      summary: 'print the JSON Schema of config.yaml',
      prints: true,
      examples: [
        { line: 'opsctl config schema > config.schema.json', does: 'Let an editor check while you type:' },
      ],
      load: () => actions().then((module) => module.printSchema),
    },
  ],
};
