/** `opsctl plan`: Plans for the system-upgrade-controller, and a check of anybody's. */
import type { CommandDefinition } from '../../command.ts';

export const planCommand: CommandDefinition = {
  name: 'plan',
  summary: 'print an upgrade Plan for Kubernetes, or check one',
  prints: true,
  description:
    'Prints what `kubectl apply` needs so that the system-upgrade-controller brings a version onto the nodes that are ' +
    'labelled bhojpur.net/upgrade=latest: a Plan, and the account that its jobs drain nodes with. Reads and changes ' +
    'nothing. Nodes go one at a time, each drained first, and none before the one upgraded before it is healthy.',
  options: [
    { flags: '--version <tag>', help: 'the version, a tag of the image; that of opsctl by default' },
    { flags: '--channel <url>', help: 'a URL that leads to the newest version, asked every 15 minutes' },
    { flags: '--image <image>', help: 'the image without a tag; ghcr.io/bhojpur/os by default' },
    { flags: '--control-plane', help: 'a Plan for the nodes of the control plane, one at a time' },
    { flags: '--workers', help: 'a Plan for the other nodes' },
    { flags: '--concurrency <number>', help: 'workers to upgrade at a time; 1 by default' },
    {
      flags: '--selector <selector>',
      help: 'other nodes, as for kubectl: KEY=VALUE, KEY, !KEY, with commas',
    },
    {
      flags: '--old-label',
      help: 'nodes with the label of systems before 0.11, plan.upgrade.bhojpur.net/bos-latest',
    },
    {
      flags: '--toleration <toleration>',
      help: 'taints that the jobs bear, KEY[=VALUE][:EFFECT]; those of the control plane are borne',
      repeatable: true,
    },
    { flags: '--drain', help: 'drain each node before it is upgraded, as is done by default' },
    { flags: '--cordon', help: 'only keep new pods away' },
    { flags: '--no-drain', help: 'neither drain nor cordon' },
    {
      flags: '--drain-timeout <duration>',
      help: 'how long a drain may take, 10m by default; 0 for no limit',
    },
    { flags: '--grace-period <seconds>', help: "time that each pod has to end; the pod's own by default" },
    { flags: '--no-ignore-daemonsets', help: 'stop at pods of DaemonSets' },
    { flags: '--no-delete-emptydir-data', help: 'stop at pods with an emptyDir volume' },
    { flags: '--force', help: 'also pods that nothing would make again' },
    { flags: '--disable-eviction', help: 'delete pods, whatever disruption budgets say' },
    {
      flags: '--skip-wait-for-delete-timeout <seconds>',
      help: 'wait no longer for pods that have been ending for so long; 60 by default, 0 waits',
    },
    { flags: '--pod-selector <selector>', help: 'only these pods' },
    {
      flags: '--no-prepare',
      help: 'do not wait until the nodes upgraded before are healthy, nor take pods again by itself',
    },
    { flags: '--gate-limit <duration>', help: 'how long a job waits for them; 20m by default' },
    {
      flags: '--window <window>',
      help: 'when jobs may begin: DAYS START-END [ZONE], such as "sat,sun 02:00-05:00 Europe/Berlin"',
    },
    { flags: '--deadline <duration>', help: 'how long the job of a node may take; 1h by default' },
    {
      flags: '--pull-secret <name>',
      help: 'name of the Secret with the login of the registry',
      repeatable: true,
    },
    { flags: '--name <name>', help: 'bos-upgrade by default' },
    { flags: '--namespace <name>', help: 'that of the controller; system-upgrade by default' },
  ],
  examples: [
    {
      line: 'opsctl plan --version 0.2.0 | kubectl apply -f -',
      does: 'Bring a version onto all labelled nodes:',
    },
    {
      line: 'opsctl plan --version 0.2.0 --control-plane --workers --concurrency 3',
      does: 'Servers one by one, workers three at a time:',
    },
    {
      line: "opsctl plan --version 0.2.0 --window 'mon-fri 01:00-04:00 Europe/Berlin'",
      does: 'Begin at night alone:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.printPlan),
  subcommands: [
    {
      name: 'validate',
      summary: 'check Plans, whoever wrote them',
      prints: true,
      description:
        'Reports all faults of the Plans in YAML files at once, each with file, line and column: what the API server ' +
        'would refuse, and what the controller would take in another way than it was meant. Other kinds are passed over. ' +
        'Says nothing when all is well; ends with 2 if there is an error.',
      args: [{ name: '[file...]', help: 'YAML files; - is stdin' }],
      options: [{ flags: '--json', help: 'print a JSON object' }],
      examples: [
        { line: 'opsctl plan validate plan.yaml', does: 'Check a file:' },
        {
          line: 'kubectl get plans -A -o yaml | opsctl plan validate -',
          does: 'Check what a cluster has:',
        },
      ],
      load: () => import('./validate-action.ts').then((module) => module.validate),
    },
  ],
};
