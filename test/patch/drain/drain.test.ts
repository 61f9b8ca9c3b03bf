/** Draining by kubectl: its options, who is uncordoned when, and what a person is told. */
import test from 'ava';
import {
  configuredDrain,
  drainFlags,
  drainParameters,
  drainRows,
} from '../../../src/config/patch/drain-parameters.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { cordonRecordPath } from '../../../src/kubernetes/node/cordon-record.ts';
import { clusterAccess } from '../../../src/patch/drain/access.ts';
import { drainNode, uncordonRecorded } from '../../../src/patch/drain/drain.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';
import { type Cluster, cluster, clusterNode, kubectlOf, kubeletConfig, kubeletKubeconfig } from '../world.ts';

const access = { node: 'node1', kubeconfig: '/etc/bhojpur/dcp/dcp.yaml' };
const parameters = drainParameters({ timeout: 90 });
const budget =
  'evicting pod default/web-1\nerror when evicting pods/"web-1" -n "default" (will retry after 5s): Cannot evict pod as it ' +
  'would violate the pod\'s disruption budget.\nerror: unable to drain node "node1" due to error: global timeout reached: 1m30s';

async function drained(one: Cluster, given = parameters, signal?: AbortSignal) {
  const host = clusterNode(one);
  const said: string[] = [];
  const end = await drainNode(host, access, given, { say: (line) => said.push(line), signal }).then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string; kind?: string; hint?: string; details?: string[] },
  );
  return { host, said, end, recorded: await host.files.exists(cordonRecordPath) };
}

test('the documented defaults, and all seven parameters with their units', (t) => {
  t.deepEqual(drainFlags(drainParameters({})), [
    ...['--timeout=0s', '--grace-period=-1', '--delete-emptydir-data=false', '--ignore-daemonsets=false'],
    ...['--force=false', '--disable-eviction=false', '--skip-wait-for-delete-timeout=0'],
  ]);
  const all = configuredDrain({
    'bos.patch.drain.timeout': '10m',
    'bos.patch.drain.grace_period': '600',
    'bos.patch.drain.delete_local_data': true,
    'bos.patch.drain.ignore_daemon_sets': true,
    'bos.patch.drain.force': true,
    'bos.patch.drain.disable_eviction': true,
    'bos.patch.drain.skip_wait_for_delete_timeout': '60',
  });
  t.deepEqual(drainFlags(drainParameters(all)), [
    ...['--timeout=600s', '--grace-period=600', '--delete-emptydir-data=true', '--ignore-daemonsets=true'],
    ...['--force=true', '--disable-eviction=true', '--skip-wait-for-delete-timeout=60'],
  ]);
});

test('config.yaml wins over the cluster, each parameter by itself', (t) => {
  const found = drainParameters({ timeout: 60 }, { timeout: 600, force: true });
  t.like(found, { timeout: 60, force: true, gracePeriod: -1 });
});

test('the kubectl of this machine knows every option', async (t) => {
  const { processes } = linuxHost();
  if ((await processes.which('kubectl')) === undefined) return t.pass('there is no kubectl here');
  const { stdout } = await processes.run('kubectl', ['drain', '--help']);
  for (const { flag } of drainRows) t.regex(stdout, new RegExp(`^\\s+${flag}=`, 'm'));
  // With a server that nobody is, it gets as far as asking for the node: no option was refused.
  const { stderr } = await processes.run(
    'kubectl',
    ['--server=http://127.0.0.1:9', '--request-timeout=1s', 'drain', 'node1', ...drainFlags(parameters)],
    { okCodes: [1] },
  );
  t.regex(stderr, /127\.0\.0\.1:9/);
  t.notRegex(stderr, /unknown flag|invalid argument/);
});

test('a drain: recorded on the disk before the cluster is told', async (t) => {
  const one = cluster();
  const { host, end, recorded } = await drained(one);
  t.is(end, undefined);
  t.deepEqual(one.asked, ['get node node1 -o json', `drain node1 ${drainFlags(parameters).join(' ')}`]);
  t.true(one.cordoned);
  t.true(recorded);
  // A whole file, on the disk (writeAtomic), and before kubectl drains.
  const lines = host.effects.map(lineOf);
  const written = lines.indexOf(`replace ${cordonRecordPath} 0644`);
  t.true(written >= 0, lines.join('\n'));
  t.true(written < lines.findIndex((line) => line.includes(' drain node1 ')), lines.join('\n'));
  t.is(await uncordonRecorded(host, async () => access), 'node1');
  t.false(one.cordoned);
  t.false(await host.files.exists(cordonRecordPath));
  t.is(await uncordonRecorded(host, async () => access), undefined);
});

test('what a person has cordoned stays cordoned', async (t) => {
  for (const failing of [{}, { drain: budget }]) {
    const one = cluster({ cordoned: true, failing });
    const { said, recorded, host } = await drained(one);
    t.regex(said.join('\n'), /cordoned already, and stays so/);
    t.true(one.cordoned);
    t.false(recorded);
    t.false(one.asked.some((line) => line.startsWith('uncordon')));
    t.is(await uncordonRecorded(host, async () => access), undefined);
    t.true(one.cordoned);
  }
});

const fails = test.macro({
  title: (_, why: string) => `a drain that fails: ${why}`,
  exec: async (t, _why: string, stderr: string, message: RegExp, hint: RegExp) => {
    const one = cluster({ failing: { drain: stderr } });
    const { end, said, recorded } = await drained(one);
    t.like(end, { code: 'drain-failed', kind: 'undone' });
    t.regex(end?.message ?? '', message);
    t.regex(end?.hint ?? '', hint);
    t.is(end?.details?.at(-1), stderr.split('\n').at(-1));
    t.false(one.cordoned, 'uncordoned again');
    t.false(recorded);
    t.regex(said.join('\n'), /Node node1 is uncordoned again/);
  },
});
test(fails, 'a budget', budget, /within 90 s: a disruption budget lets nobody go/, /PodDisruptionBudget/);
test(
  fails,
  'a pod that never ends',
  'error when waiting for pod "web-1" in namespace "default" to terminate: global timeout reached: 1m30s',
  /a pod did not end in time/,
  /spec\.nodeName=node1/,
);
test(
  fails,
  'DaemonSets',
  'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): a/b',
  /pods of DaemonSets/,
  /ignore_daemon_sets/,
);
test(
  fails,
  'emptyDir',
  'cannot delete Pods with local storage (use --delete-emptydir-data to override): a/b',
  /emptyDir/,
  /delete_local_data/,
);
test(
  fails,
  'no controller',
  'cannot delete Pods that declare no controller (use --force to override): a/b',
  /nothing would make again/,
  /bos\.patch\.drain\.force/,
);
test(
  fails,
  'rights',
  'Error from server (Forbidden): daemonsets.apps "x" is forbidden',
  /credentials do not allow it/,
  /system:nodes/,
);
test(
  fails,
  'anything else',
  'the server is on fire',
  /could not be drained within 90 s$/,
  /kubectl drain node1/,
);

test('a cancel uncordons, too', async (t) => {
  const one = cluster();
  const host = clusterNode(one);
  const stop = new AbortController();
  const play = kubectlOf(one);
  host.tools.set('kubectl', async (args, options) => {
    const end = await play(args, options);
    if (!args.includes('drain')) return end;
    stop.abort(new Error('stopped'));
    throw new Error('ended by a signal');
  });
  await t.throwsAsync(drainNode(host, access, parameters, { say: () => {}, signal: stop.signal }), {
    message: 'stopped',
  });
  t.false(one.cordoned);
  t.false(await host.files.exists(cordonRecordPath));
});

test('an uncordon that fails is tried again: the record stays, and a service is started', async (t) => {
  const one = cluster({ failing: { drain: budget, uncordon: 'connection refused' } });
  const { host, end, recorded } = await drained(one);
  t.like(end, { code: 'still-cordoned', kind: 'broken' });
  t.true(recorded);
  t.true(host.ran.includes('systemctl --no-block start bos-patch-uncordon.service'), host.ran.join('\n'));
  await t.throwsAsync(
    uncordonRecorded(host, async () => access),
    { code: 'still-cordoned' },
  );
  t.true(await host.files.exists(cordonRecordPath));
  delete one.failing.uncordon;
  t.is(await uncordonRecorded(host, async () => access), 'node1');
});

test('a node that the cluster no longer has is not tried for ever', async (t) => {
  const one = cluster({
    cordoned: true,
    failing: { uncordon: 'Error from server (NotFound): nodes "old" not found' },
  });
  const host = clusterNode(one, {
    files: { [cordonRecordPath]: '{"v":1,"node":"old","at":"2026-11-29T00:00:00Z"}' },
  });
  t.is(await uncordonRecorded(host, async () => access), 'old');
  t.deepEqual(one.asked, ['uncordon old']);
  t.false(await host.files.exists(cordonRecordPath));
});

test('a record that cannot be read is of this node', async (t) => {
  const one = cluster({ cordoned: true });
  const host = clusterNode(one, { files: { [cordonRecordPath]: '{' } });
  t.is(await uncordonRecorded(host, async () => access), 'node1');
  t.false(one.cordoned);
  t.false(await host.files.exists(cordonRecordPath));
});

test('a node that was cordoned before a power cut is uncordoned after a failure', async (t) => {
  const one = cluster({ cordoned: true, failing: { drain: budget } });
  const host = clusterNode(one, {
    files: { [cordonRecordPath]: '{"v":1,"node":"node1","at":"2026-11-29T00:00:00Z"}' },
  });
  await t.throwsAsync(drainNode(host, access, parameters, { say: () => {} }), { code: 'drain-failed' });
  t.false(one.cordoned);
});

test('a cluster that does not answer is told before anything is changed', async (t) => {
  const one = cluster({ failing: { 'get node': 'dial tcp 127.0.0.1:6443: connection refused' } });
  const { end, recorded } = await drained(one);
  t.like(end, { code: 'cluster-unreachable', kind: 'refused' });
  t.regex(end?.details?.join('\n') ?? '', /connection refused/);
  t.false(recorded);
  t.is(one.asked.length, 1);
});

test('a drain without a limit says so', async (t) => {
  const { said } = await drained(cluster(), drainParameters({}));
  t.regex(said.join('\n'), /no limit: bos\.patch\.drain\.timeout sets one/);
});

test('a server speaks as the administrator, an agent as its kubelet', async (t) => {
  const admin = '/etc/bhojpur/dcp/dcp.yaml';
  const files = {
    '/proc/sys/kernel/hostname': 'renamed\n',
    [admin]: '',
    [kubeletKubeconfig]: kubeletConfig('node1'),
    '/data/agent/kubelet.kubeconfig': kubeletConfig('node1-5a3f'),
  };
  const host = fakeHost({ files });
  const agent = { 'bos.server_url': 'https://server:6443' };
  t.deepEqual(await clusterAccess(host, {}), { node: 'node1', kubeconfig: admin });
  t.deepEqual(await clusterAccess(host, agent), { node: 'node1', kubeconfig: kubeletKubeconfig });
  // The name in the cluster is that of the certificate: DCP may have put an id behind the one that it was given.
  const args = ['agent', '--node-name=Other', '--with-node-id', '--data-dir', '/data'];
  t.deepEqual(await clusterAccess(host, { ...agent, 'bos.dcp_args': args }), {
    ...{ node: 'node1-5a3f', kubeconfig: '/data/agent/kubelet.kubeconfig' },
  });
  await t.throwsAsync(clusterAccess(fakeHost(), agent), { code: 'cluster-unknown' });
  // A server without a node of its own has nothing to drain.
  await t.throwsAsync(clusterAccess(fakeHost({ files: { [admin]: '' } }), {}), { code: 'cluster-unknown' });
});
