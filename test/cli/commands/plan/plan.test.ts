/** `opsctl plan` and `opsctl plan validate` as they are typed. */
import test from 'ava';
import { planCommand } from '../../../../src/cli/commands/plan/command.ts';
import { changed, soundPlan } from '../../../kubernetes/plan-text.ts';
import { type FakeRoot, fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';

const opsctl = (fake: FakeRoot, ...argv: readonly string[]) => runInside(fake, planCommand, argv);

for (const options of [
  [],
  ['--channel', 'https://github.com/bhojpur/os/releases/latest', '--old-label'],
  [
    '--version',
    'v0.2.0+dcp1',
    '--control-plane',
    '--workers',
    '--concurrency',
    '3',
    '--image',
    'localhost:5000/bos',
  ],
  ['--cordon', '--window', 'sat,sun 02:00-05:00 Europe/Berlin', '--deadline', '2h', '--pull-secret', 'login'],
  [
    '--selector',
    'region in (west, east),!spare',
    '--toleration',
    'a=b:NoExecute',
    '--toleration',
    'c',
    '--no-drain',
    '--no-prepare',
  ],
  [
    '--drain',
    '--drain-timeout',
    '0',
    '--grace-period',
    '-1',
    '--force',
    '--pod-selector',
    'app!=db',
    '--name',
    'x',
  ],
]) {
  test(`opsctl plan ${options.join(' ')} | opsctl plan validate -: nothing is said`, async (t) => {
    const fake = await fakeRoot(t);
    const made = await opsctl(fake, ...options);
    t.is(made.exitCode, 0, made.err);
    t.is(made.err, '');
    await fake.write('dev/stdin', made.out);
    t.deepEqual(await opsctl(fake, 'validate', '-'), { exitCode: 0, out: '', err: '' });
  });
}

test('options reach the Plan', async (t) => {
  const fake = await fakeRoot(t);
  const { out } = await opsctl(
    fake,
    ...[
      '--version',
      'v1',
      '--image',
      'a.example/bos',
      '--namespace',
      'ops',
      '--deadline',
      '2h',
      '--drain-timeout',
      '90s',
    ],
    ...['--window', 'mon-tue 1:30-4 UTC', '--selector', 'disk!=slow', '--toleration', 'k=v:NoSchedule'],
    ...['--skip-wait-for-delete-timeout', '0', '--no-delete-emptydir-data', '--pull-secret', 'login'],
    ...['--gate-limit', '5m'],
  );
  for (const part of [
    '  namespace: ops\n',
    '  version: v1\n',
    '  jobActiveDeadlineSecs: 7200\n',
    '      - key: disk\n        operator: NotIn\n        values:\n          - slow\n',
    '    - key: k\n      operator: Equal\n      value: v\n      effect: NoSchedule\n',
    '    days:\n      - monday\n      - tuesday\n    startTime: "01:30"\n    endTime: "04:00"\n    timeZone: UTC\n',
    '  imagePullSecrets:\n    - name: login\n',
    '    timeout: 90s\n    ignoreDaemonSets: true\n    deleteEmptydirData: false\n  prepare:\n',
    '    image: a.example/bos\n',
    '      - --gate-limit=300s\n',
  ])
    t.true(out.includes(part), `${part}\n${out}`);
});

for (const [message, ...argv] of [
  ['--version and --channel contradict each other', '--version', 'v1', '--channel', 'https://x.example'],
  ['--selector and --old-label contradict each other', '--selector', 'a', '--old-label'],
  ['--drain and --cordon contradict each other', '--drain', '--cordon'],
  ['--force and --cordon contradict each other', '--force', '--cordon'],
  ['The options of a drain and --no-drain contradict each other', '--no-drain', '--no-ignore-daemonsets'],
  ['--concurrency 2 could upgrade several servers at a time', '--concurrency', '2'],
  ['--concurrency 0 is not a whole number from 1 on', '--concurrency', '0'],
  ['--gate-limit and --no-prepare contradict each other', '--gate-limit', '5m', '--no-prepare'],
  ['--gate-limit must be shorter than --deadline, which is 1200 s', '--deadline', '20m'],
  ['--deadline 1d is not a duration of whole seconds', '--deadline', '1d'],
  ['--window is not DAYS START-END', '--window', 'mon'],
  ['--selector is not a selector: it is empty', '--selector', ''],
  ['These options do not make a valid Plan', '--name', 'Upper'],
  ['spec.window: never opens', '--window', 'mon 22:00-04:00'],
  ['spec.window.timeZone: is not a time zone', '--window', 'mon 1-2 CEST'],
  [
    'spec.upgrade.image: has the tag v1, which runs in place of version v2',
    '--image',
    'a.example/b:v1',
    '--version',
    'v2',
  ],
] as const) {
  test(`opsctl plan ${argv.join(' ')}: refused, nothing printed`, async (t) => {
    const { exitCode, out, err } = await opsctl(await fakeRoot(t), ...argv);
    t.is(exitCode, 2);
    t.is(out, '');
    t.true(err.includes(message), err);
  });
}

test('servers that the selector leaves out may go together', async (t) => {
  const selector = 'a,!node-role.kubernetes.io/control-plane';
  t.is((await opsctl(await fakeRoot(t), '--concurrency', '2', '--selector', selector)).exitCode, 0);
});

test('what is risky is printed with a warning', async (t) => {
  const { exitCode, err, out } = await opsctl(await fakeRoot(t), '--disable-eviction');
  t.is(exitCode, 0);
  t.is(err, 'warning: spec.drain.disableEviction: deletes pods without asking disruption budgets\n');
  t.regex(out, /disableEviction: true/);
});

test('validate: all faults of all files at once, exit code 2', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('a.yaml', changed('concurrency: 1', 'concurrency: 0').replace('v0.2.0', 'latest'));
  await fake.write('b.yaml', 'kind: Pod\napiVersion: v1\n');
  const { exitCode, out, err } = await opsctl(fake, 'validate', '/a.yaml', '/b.yaml', '/none.yaml');
  t.is(exitCode, 2);
  t.is(out, '');
  for (const line of [
    '/a.yaml:7:16: spec.concurrency: is 0: no node is ever upgraded',
    '/a.yaml:8:12: warning: spec.version: is a tag that moves',
    '/b.yaml: warning: holds no Plan of the system-upgrade-controller',
    '/none.yaml: cannot be read: it does not exist',
  ])
    t.true(err.includes(line), err);
  t.regex(err, /There are 2 errors in \/a\.yaml, \/none\.yaml/);
});

test('validate: warnings alone end with 0', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('a.yaml', `${soundPlan}  cordon: true\n`);
  const { exitCode, err } = await opsctl(fake, 'validate', '/a.yaml');
  t.is(exitCode, 0);
  t.regex(err, /^\/a\.yaml:17:11: warning: spec\.cordon: has no effect beside drain/);
});

test('validate --json: the same as an object', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('a.yaml', changed('concurrency: 1', 'concurrency: 0'));
  const { exitCode, out } = await opsctl(fake, 'validate', '--json', '/a.yaml');
  t.is(exitCode, 2);
  const message = 'is 0: no node is ever upgraded';
  t.deepEqual(JSON.parse(out), {
    v: 1,
    files: [{ file: '/a.yaml', plans: 1 }],
    diagnostics: [
      { severity: 'error', file: '/a.yaml', line: 7, column: 16, key: 'spec.concurrency', message },
    ],
  });
});

test('validate: without files there is nothing to check', async (t) => {
  const { exitCode, err } = await opsctl(await fakeRoot(t), 'validate');
  t.is(exitCode, 2);
  t.regex(err, /nothing to check/);
});
