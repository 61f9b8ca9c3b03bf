/** `opsctl patch`: the newest release of the version that runs; and how a cluster says how its nodes are drained. */
import type { CommandDefinition } from '../../command.ts';

export const patchCommand: CommandDefinition = {
  name: 'patch',
  summary: 'bring this node to the newest patch of its version',
  description:
    'Looks for the newest release with the same major and minor version as the one that runs, in bos.upgrade.channel, and ' +
    'stages it. With --reboot-if-required (or bos.patch.reboot_if_required) the node is then drained, where there is a ' +
    'cluster, and restarted; without it the patch waits, and `opsctl status` says that a restart is required. What fails ' +
    'leaves the node as it was, uncordoned. bos.patch.hold and bos.patch.window are kept.',
  options: [
    { flags: '--check', help: 'say whether there is a patch, and change nothing' },
    { flags: '--now', help: 'also while bos.patch.window is closed' },
    {
      flags: '--reboot-if-required',
      help: 'drain and restart the node; bos.patch.reboot_if_required by default',
    },
    { flags: '--no-drain', help: 'restart the node without draining it' },
    {
      flags: '--requested',
      help: 'only when the annotation bhojpur.net/patch of the node asks for it: now, or a time (RFC 3339)',
    },
    { flags: '--channel <url>', help: 'where releases are; bos.upgrade.channel by default' },
    { flags: '--limit-rate <rate>', help: 'fetch no faster than this, such as 2M (bytes a second)' },
    { flags: '--public-key <key>', help: 'minisign key that must have signed the manifest' },
    { flags: '--ca-file <file>', help: 'certificates (PEM) to trust in addition to the usual ones' },
    { flags: '--insecure', help: 'also from an http URL that no key verifies' },
    { flags: '--dry-run', help: 'show what would be done and change nothing' },
    { flags: '--json', help: 'print events as JSON lines; with --check one JSON object' },
    {
      flags: '--trigger <trigger>',
      help: 'what has started it: boot, schedule, after or request',
      hidden: true,
    },
    { flags: '--finish', help: 'uncordon the node that a patch has cordoned', hidden: true },
  ],
  examples: [
    { line: 'sudo opsctl patch --check', does: 'See whether there is a patch:' },
    { line: 'sudo opsctl patch', does: 'Fetch and verify it, and restart later:' },
    { line: 'sudo opsctl patch --reboot-if-required', does: 'Drain the node, patch it, restart it:' },
  ],
  load: () => import('./action.ts').then((module) => module.patch),
  subcommands: [
    {
      name: 'drain-config',
      summary: 'print the ConfigMap palette-agent-config, or check one',
      prints: true,
      description:
        'Without FILE prints the ConfigMap that has nodes drained as bos.patch.drain says, with the units that it wants: ' +
        'its timeout counts nanoseconds. With FILE reads one (YAML or JSON, data.drain as JSON or dotted keys) and prints ' +
        'what it means; ends with 2 if it is faulty. Asks no cluster.',
      args: [{ name: '[file]', help: 'a ConfigMap to check; - is stdin' }],
      options: [
        {
          flags: '--config <file>',
          help: 'a config.yaml with bos.patch.drain; the configuration of this node by default',
        },
        { flags: '--cluster <uid>', help: 'uid of the cluster, of which the namespace is made' },
      ],
      examples: [
        {
          line: 'opsctl patch drain-config --config config.yaml --cluster 64ab12 | kubectl apply -f -',
          does: 'Have all nodes of a cluster drained alike:',
        },
        {
          line: 'kubectl get configmap palette-agent-config -n cluster-64ab12 -o yaml | opsctl patch drain-config -',
          does: 'See what a cluster says, in seconds:',
        },
      ],
      load: () => import('./drain-config-action.ts').then((module) => module.drainConfig),
    },
  ],
};
