/** What is told of a Plan: a row for each trap, with the place, the field and the beginning of the message. */
import test from 'ava';
import { changed, faultsIn, soundPlan, withSpec } from '../plan-text.ts';

const drain = (lines: string) =>
  changed('    deleteEmptydirData: true\n', `    deleteEmptydirData: true\n    ${lines}\n`);
const window = (text: string) => withSpec(`window: {${text}}`);
const long = 'a'.repeat(64);

const traps: Readonly<Record<string, readonly [text: string, ...faults: readonly string[]]>> = {
  'neither version nor channel': [
    changed('  version: v0.2.0\n', ''),
    '6:1 spec: has neither version nor channel',
  ],
  'version and channel': [
    withSpec('channel: https://x.example/'),
    '17:12 warning: spec.channel: is never asked',
  ],
  'the image in the version': [changed('v0.2.0', 'bos:v0.2.0'), '8:12 spec.version: must be the tag alone'],
  'a version that is a number': [
    changed('v0.2.0', '1.10'),
    '8:12 spec.version: expected text, found the number 1.1; write it in quotes',
  ],
  'a version that no label takes': [changed('v0.2.0', `v${long}`), '8:12 spec.version: is 65 letters long'],
  'a version that moves': [changed('v0.2.0', 'latest'), '8:12 warning: spec.version: is a tag that moves'],
  'another tag in the image': [
    changed('com/bos', 'com/bos:v0.1.0'),
    '16:12 spec.upgrade.image: has the tag v0.1.0, which runs in place of version v0.2.0',
  ],
  'a tag in the image, and a channel': [
    changed('version: v0.2.0', 'channel: https://x.example/').replace('com/bos', 'com/bos:v1'),
    '16:12 warning: spec.upgrade.image: has the tag v1, so what the channel says has no effect',
  ],
  'no image': [
    changed('    image: registry.example.com/bos', '    args: [x]'),
    '15:3 spec.upgrade.image: is missing',
  ],
  'an image that is a URL': [
    changed('registry.', 'https://registry.'),
    '16:12 spec.upgrade.image: is not the name of an image',
  ],
  'an image with a blank that nobody sees': [
    changed('com/bos', 'com/b\u200bos'),
    '16:12 spec.upgrade.image: holds a zero-width space (U+200B), which no name of an image has',
  ],
  'a channel that is no URL': [
    changed('version: v0.2.0', 'channel: stable'),
    '8:12 spec.channel: must be a URL',
  ],
  'a channel over http': [
    changed('version: v0.2.0', 'channel: http://x.example/'),
    '8:12 warning: spec.channel: is not encrypted',
  ],
  'concurrency 0': [
    changed('concurrency: 1', 'concurrency: 0'),
    '7:16 spec.concurrency: is 0: no node is ever upgraded',
  ],
  'no concurrency': [changed('  concurrency: 1\n', ''), '6:1 spec.concurrency: is missing, which means 0'],
  'several servers at a time': [
    changed('concurrency: 1', 'concurrency: 2').replace(
      'bhojpur.net/upgrade: latest',
      'node-role.kubernetes.io/control-plane: "true"',
    ),
    '7:16 warning: spec.concurrency: upgrades 2 nodes of the control plane at a time',
  ],
  'no selector': [
    changed('  nodeSelector:\n    matchLabels: {bhojpur.net/upgrade: latest}\n', ''),
    '6:1 spec.nodeSelector: is missing: without it no node is ever selected',
  ],
  'a selector of all nodes': [
    changed('    matchLabels: {bhojpur.net/upgrade: latest}', '    matchExpressions: []'),
    '9:3 warning: spec.nodeSelector: is empty: every node',
  ],
  'a selector of no node': [
    changed('latest}', 'latest}\n    matchExpressions: [{key: bhojpur.net/upgrade, operator: DoesNotExist}]'),
    '9:3 spec.nodeSelector: selects no node: what it says of bhojpur.net/upgrade cannot all hold',
  ],
  'an operator that there is not': [
    changed('latest}', 'latest}\n    matchExpressions: [{key: a, operator: Equals, values: [b]}]'),
    '11:43 spec.nodeSelector.matchExpressions[0].operator: "Equals" is not possible',
  ],
  'a label that YAML takes for true': [
    changed('upgrade: latest', 'upgrade: yes'),
    '10:40 spec.nodeSelector.matchLabels.bhojpur.net/upgrade: expected text, found true; write it in quotes',
  ],
  'drain and cordon': [withSpec('cordon: true'), '17:11 warning: spec.cordon: has no effect beside drain'],
  'old and new drain keys': [
    drain('deleteLocalData: true'),
    '15:22 spec.drain.deleteLocalData: is the old name of deleteEmptydirData: the controller refuses',
  ],
  'the old drain key alone': [
    changed('deleteEmptydirData', 'deleteLocalData'),
    '14:22 warning: spec.drain.deleteLocalData: is the old name; write',
  ],
  'drain without its two defaults': [
    changed('    ignoreDaemonSets: true\n    deleteEmptydirData: true\n', '    force: true\n'),
    '12:3 warning: spec.drain: leaves out ignoreDaemonSets and deleteEmptydirData, which the controller takes for true',
  ],
  'a drain timeout of nanoseconds': [
    drain('timeout: 600'),
    '15:14 spec.drain.timeout: is a number of nanoseconds, 6e-7 s; write "600s"',
  ],
  'a drain timeout beyond 32 bits': [
    drain('timeout: 600000000000'),
    '15:14 spec.drain.timeout: is a number of nanoseconds and must fit into 32 bits, which the controller cannot read; write "600s"',
  ],
  'a drain timeout without unit': [
    drain('timeout: "600"'),
    '15:14 spec.drain.timeout: is not a duration that kubectl takes',
  ],
  'a drain longer than its job': [
    drain('timeout: 1h').replace('  drain:', '  jobActiveDeadlineSecs: 900\n  drain:'),
    '16:14 warning: spec.drain.timeout: is not shorter than jobActiveDeadlineSecs (900)',
  ],
  'a drain that DaemonSets stop': [
    changed('ignoreDaemonSets: true', 'ignoreDaemonSets: off'),
    '13:23 warning: spec.drain.ignoreDaemonSets: stops the drain',
  ],
  'a drain without an account': [
    changed('  serviceAccountName: bos\n', ''),
    '6:1 warning: spec.serviceAccountName: is missing: the drain runs as',
  ],
  'a drain past all budgets': [
    drain('disableEviction: true'),
    '15:22 warning: spec.drain.disableEviction: deletes pods without asking',
  ],
  'a grace period of nothing': [
    drain('gracePeriod: 0'),
    '15:18 warning: spec.drain.gracePeriod: is 0: pods are killed',
  ],
  'a drain of no pod': [
    drain('podSelector: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}'),
    '15:5 warning: spec.drain.podSelector: selects no pod',
  ],
  'a mistyped field': [
    drain('gracePeriode: 30'),
    '15:5 spec.drain.gracePeriode: is not a field of a Plan (system-upgrade-controller 0.20); did you mean gracePeriod?',
  ],
  'a window past midnight': [
    window('days: [mon], startTime: 22:00, endTime: "04:00"'),
    '17:3 spec.window: never opens: startTime must be before endTime',
  ],
  'a window of no days': [
    window('days: [], startTime: 02:00, endTime: 04:00'),
    '17:12 spec.window.days: must have at least 1 entry',
  ],
  'a window without days': [
    window('startTime: 02:00, endTime: 04:00'),
    '17:3 spec.window.days: is missing: a window without days never opens',
  ],
  'a day in capitals': [
    window('days: [Monday], startTime: 02:00, endTime: 04:00'),
    '17:19 spec.window.days[0]: "Monday" is not possible; did you mean monday?',
  ],
  'a day as a number': [
    window('days: [1], startTime: 02:00, endTime: 04:00'),
    '17:19 spec.window.days[0]: expected text, found the number 1; write it in quotes',
  ],
  'a window without an end': [
    window('days: [mon], startTime: 02:00'),
    '17:3 spec.window.endTime: is missing, which the controller refuses',
  ],
  'a time that is none': [
    window('days: [mon], startTime: 2am, endTime: 25:00'),
    '17:50 spec.window.endTime: is not a time of day',
  ],
  'an unknown zone': [
    window('days: [mon], startTime: 02:00, endTime: 04:00, timeZone: Europe/Berlni'),
    '17:69 spec.window.timeZone: is not a time zone',
  ],
  'a negative pause': [withSpec('postCompleteDelay: -5m'), '17:22 spec.postCompleteDelay: is negative'],
  'a pause without unit': [
    withSpec('postCompleteDelay: "60"'),
    '17:22 spec.postCompleteDelay: is not a duration',
  ],
  'a job without time': [
    withSpec('jobActiveDeadlineSecs: 5'),
    '17:26 warning: spec.jobActiveDeadlineSecs: gives the job 5 s',
  ],
  'a deadline that is text': [
    withSpec('jobActiveDeadlineSecs: 1h'),
    '17:26 spec.jobActiveDeadlineSecs: expected a whole number, found text',
  ],
  'exclusive that is text': [
    withSpec('exclusive: "yes"'),
    '17:14 spec.exclusive: expected true or false, found text',
  ],
  'a priority class in capitals': [
    withSpec('priorityClassName: High'),
    '17:22 spec.priorityClassName: must be lower-case letters',
  ],
  'a secret over the node': [
    withSpec('secrets: [{name: a, path: /host}]'),
    '17:29 spec.secrets[0].path: is where the controller mounts the root of the node',
  ],
  'secrets in one place': [
    withSpec('secrets: [{name: a, path: x}, {name: b, path: /run/system-upgrade/secrets/x}]'),
    '17:49 spec.secrets[1].path: is where something else is mounted already',
  ],
  'a secret twice': [
    withSpec('secrets: [{name: a, path: x}, {name: a, path: z}]'),
    '17:40 spec.secrets[1].name: is mounted twice',
  ],
  'a secret that climbs': [
    withSpec('secrets: [{name: a, path: ../../x}]'),
    '17:29 spec.secrets[0].path: must not have ..',
  ],
  'a secret without a path': [withSpec('secrets: [{name: a}]'), '17:13 spec.secrets[0].path: is missing'],
  'a volume that prepare has alone': [
    withSpec('prepare: {image: a, volumes: [{name: v, source: /a, destination: /b}]}'),
    '17:40 spec.prepare.volumes[0].name: is not among the volumes of upgrade',
  ],
  'a volume of the controller': [
    changed('com/bos', 'com/bos\n    volumes: [{name: host-root, source: a, destination: /host}]'),
    '17:22 spec.upgrade.volumes[0].name: is the name of a volume that the controller adds',
    '17:41 spec.upgrade.volumes[0].source: must be a path from the root',
    '17:57 spec.upgrade.volumes[0].destination: is where the controller mounts',
  ],
  'a secret in clear text': [
    changed(
      'com/bos',
      'com/bos\n    envs: [{name: REGISTRY_TOKEN, value: hunter2}]\n    args: [--api-key=hunter2]',
    ),
    '17:42 warning: spec.upgrade.envs[0].value: shows a secret',
    '18:12 warning: spec.upgrade.args[0]: shows a secret',
  ],
  'a variable of two sources': [
    changed(
      'com/bos',
      'com/bos\n    envs: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: x}, secretKeyRef: {key: k}}}]',
    ),
    '17:32 spec.upgrade.envs[0].valueFrom: cannot be combined with value',
    '17:32 spec.upgrade.envs[0].valueFrom: must name one source',
  ],
  'a container without rights': [
    changed('com/bos', 'com/bos\n    securityContext: {runAsUser: 0}'),
    "17:5 warning: spec.upgrade.securityContext: takes the place of the controller's own",
  ],
  'tolerations that the API server refuses': [
    withSpec(
      'tolerations: [{key: a, operator: Exists, value: b}, {effect: NoExec}, {key: a, tolerationSeconds: 5}]',
    ),
    '17:51 spec.tolerations[0].value: must be left out with the operator Exists',
    '17:55 spec.tolerations[1]: has no key',
    '17:64 spec.tolerations[1].effect: "NoExec" is not possible',
    '17:101 spec.tolerations[2].tolerationSeconds: is possible with the effect NoExecute alone',
  ],
  'a label that no node takes': [
    withSpec('postCompleteLabels: {a.example/version: $(LATEST_VERSION), b: $(LATEST_HASH)-long-tail}'),
    '17:65 spec.postCompleteLabels.b: is 66 letters long',
  ],
  'a name too long for a label': [
    changed('name: bos', `name: ${long}`),
    '4:9 metadata.name: is 64 letters long; at most 63 fit',
  ],
  'no namespace': [
    changed('  namespace: system-upgrade\n', ''),
    '3:1 warning: metadata.namespace: is missing',
  ],
  'a generated name': [
    changed('name: bos', 'generateName: bos-'),
    '4:17 metadata.generateName: is not enough',
  ],
  'another version of the API': [
    changed('io/v1', 'io/v1beta1'),
    '1:13 apiVersion: expected upgrade.cattle.io/v1',
  ],
  'a mistyped kind': [changed('kind: Plan', 'kind: Plann'), '2:7 kind: expected Plan'],
  'no apiVersion': [
    changed('apiVersion: upgrade.cattle.io/v1\n', ''),
    '1:1 apiVersion: is missing; write upgrade.cattle.io/v1',
  ],
  'no spec': [soundPlan.slice(0, soundPlan.indexOf('spec:')), '1:1 spec: is missing'],
  'a key given twice': [
    changed('  concurrency: 1\n', '  concurrency: 1\n  concurrency: 2\n'),
    '8:3 gives concurrency twice',
  ],
};

test('the sound Plan has no fault', (t) => {
  t.deepEqual(faultsIn(soundPlan), []);
});

for (const [name, [text, ...expected]] of Object.entries(traps)) {
  test(name, (t) => {
    const found = faultsIn(text);
    t.is(found.length, expected.length, found.join('\n'));
    for (const [index, beginning] of expected.entries())
      t.true(found[index]?.startsWith(beginning) ?? false, `${found[index]}\nexpected ${beginning}`);
  });
}
