/** Patches of a node in memory: what is taken and what is not, pods before the restart, and what a failure leaves. */
import test, { type ExecutionContext } from 'ava';
import { changeInstalledEnvironment } from '../../src/boot/installed-environment.ts';
import type { Config } from '../../src/config/config.ts';
import { cordonRecordPath } from '../../src/kubernetes/node/cordon-record.ts';
import { patchNode } from '../../src/patch/run.ts';
import { readNode } from '../../src/upgrade/node.ts';
import { upgradeRecordPath } from '../../src/upgrade/record.ts';
import { statusOf } from '../../src/upgrade/status.ts';
import { devices, environmentOf, installed, type NodeSetup, type Versions } from '../upgrade/node.ts';
import {
  type Cluster,
  cluster,
  clusterNode,
  drains,
  patchOptions,
  patchRequest,
  serveChannel,
  withDcp,
} from './world.ts';

const next: Versions = { kernel: '6.1.0-49-amd64', os: '0.1.5', dcp: 'v1.28.9' };

async function world(t: ExecutionContext, one: Cluster = cluster(), setup: NodeSetup = {}) {
  const { channel } = await serveChannel(t, [next], { 'latest-0.1': 'v0.1.5', latest: 'v0.2.0' });
  return { host: clusterNode(one, setup), channel };
}

test('staged while the node works, then drained, then committed', async (t) => {
  const one = cluster();
  const { host, channel } = await world(t, one);
  const { said, ...options } = patchOptions();
  const order: string[] = [];
  const done = await patchNode(host, drains, patchRequest(channel), {
    ...options,
    settled: async () =>
      void order.push(`settled, cordoned: ${one.cordoned}, ${(await environmentOf(host)).os}`),
  });
  t.like(done, { end: 'committed', look: { state: 'available', stream: '0.1' } });
  t.deepEqual(
    order,
    ['settled, cordoned: false, 0.1.0'],
    'the request is remembered before a pod is touched',
  );
  t.is((await environmentOf(host)).os, '0.1.5');
  t.regex(one.asked.at(-1) ?? '', /^drain node1 --timeout=90s .*--ignore-daemonsets=true/);
  t.regex(said.join('\n'), /Draining node1 \(--timeout=90s /);
  t.true(one.cordoned, 'until the restart');
  t.true(await host.files.exists(cordonRecordPath));
});

test('without a restart it is staged and waits; the status says since when and why', async (t) => {
  const one = cluster();
  const { host, channel } = await world(t, one);
  const request = patchRequest(channel, { reboot: false });
  const done = await patchNode(host, drains, request, patchOptions());
  t.is(done.end, 'staged');
  t.regex(done.message, /A restart is required: 0\.1\.5 is staged.*--reboot-if-required/);
  t.deepEqual(one.asked, [], 'no pod was touched');
  t.is((await environmentOf(host)).os, '0.1.0');
  const { rebootRequired } = statusOf(await readNode(host, '/'));
  t.like(rebootRequired, { version: '0.1.5', why: 'staged' });
  t.regex(rebootRequired?.since ?? '', /^\d{4}-\d\d-\d\dT/);
  // Again: it is on the disk, and is not fetched once more.
  const again = await patchNode(host, drains, request, {
    ...patchOptions(),
    shown: () => Promise.reject(new Error('staged again')),
  });
  t.like(again, { end: 'staged', look: { state: 'staged' } });
  t.is((await patchNode(host, drains, patchRequest(channel), patchOptions())).end, 'committed');
  t.like(statusOf(await readNode(host, '/')), { rebootRequired: { version: '0.1.5', why: 'committed' } });
});

test('a drain that fails: staged, nothing else, and the node works on', async (t) => {
  const one = cluster({
    failing: { drain: "Cannot evict pod as it would violate the pod's disruption budget." },
  });
  const { host, channel } = await world(t, one);
  await t.throwsAsync(patchNode(host, drains, patchRequest(channel), patchOptions()), {
    code: 'drain-failed',
  });
  t.false(one.cordoned);
  t.is((await environmentOf(host)).os, '0.1.0');
  t.false(await host.files.exists(cordonRecordPath));
});

test('a commit that fails uncordons the node', async (t) => {
  const one = cluster();
  let broken = false;
  const { host, channel } = await world(t, one, {
    tools: {
      sh: () => {
        broken = true;
        return { exitCode: 1, stderr: 'the disk is on fire' };
      },
    },
  });
  await t.throwsAsync(patchNode(host, drains, patchRequest(channel), patchOptions()));
  t.true(broken);
  t.false(one.cordoned);
  t.false(await host.files.exists(cordonRecordPath));
});

const refusesBeforePods = test.macro({
  title: (_, what: string) => `no pod is touched, and the request is not used up: ${what}`,
  exec: async (t, _what: string, one: Cluster, setup: NodeSetup, code: string) => {
    const { host, channel } = await world(t, one, setup);
    let settled = 0;
    const options = { ...patchOptions(), settled: async () => void settled++ };
    await t.throwsAsync(patchNode(host, drains, patchRequest(channel), options), { code });
    t.is(settled, 0);
    t.false(one.cordoned);
    t.false(one.asked.some((line) => line.startsWith('drain')));
    t.is((await environmentOf(host)).os, '0.1.0');
  },
});
test(
  refusesBeforePods,
  'a Plan upgrades the node',
  cluster({
    annotations: {
      'bhojpur.net/upgrading': JSON.stringify({
        ...{ plan: 'system-upgrade/bos-upgrade', version: '0.2.0', schedulable: true },
        ...{ at: '2026-11-29T05:50:00.000Z', until: '2026-11-29T06:50:00.000Z' },
      }),
    },
  }),
  {},
  'plan-upgrading',
);
test(
  refusesBeforePods,
  'the cluster does not answer',
  cluster({ failing: { 'get node': 'connection refused' } }),
  {},
  'cluster-unreachable',
);
test(
  refusesBeforePods,
  'the ConfigMap is faulty',
  cluster({ configMaps: { 'cluster-a': { drain: '{"timeout": 600000000}' } } }),
  {},
  'drain-config',
);

test('what would refuse the commit is known before a pod is touched', async (t) => {
  const one = cluster();
  const { host, channel } = await world(t, one);
  await patchNode(host, drains, patchRequest(channel, { reboot: false }), patchOptions());
  // Another version has come on trial since.
  await changeInstalledEnvironment(host, '/', devices, { bos_tries: 'ccpppr' });
  let settled = 0;
  const options = { ...patchOptions(), settled: async () => void settled++ };
  await t.throwsAsync(patchNode(host, drains, patchRequest(channel), options), { code: 'trial-pending' });
  t.deepEqual([one.asked, settled], [[], 0]);
});

test('a cluster that does not answer keeps the patch staged', async (t) => {
  const one = cluster({
    failing: { 'get configmaps': 'connection refused', 'get node': 'connection refused' },
  });
  const { host, channel } = await world(t, one);
  await t.throwsAsync(patchNode(host, drains, patchRequest(channel), patchOptions()), {
    code: 'cluster-unreachable',
  });
  t.is((await environmentOf(host)).os, '0.1.0');
  t.like(statusOf(await readNode(host, '/')), { rebootRequired: { why: 'staged' } });
});

test('without a cluster, and with --no-drain, nothing is drained', async (t) => {
  for (const versions of [installed, withDcp]) {
    const one = cluster();
    const { host, channel } = await world(t, one, { versions });
    const drain = versions === installed;
    t.is((await patchNode(host, {}, patchRequest(channel, { drain }), patchOptions())).end, 'committed');
    t.deepEqual(one.asked, []);
  }
});

const nothing = test.macro({
  title: (_, what: string) => `nothing to patch: ${what}`,
  exec: async (t, _what: string, latest: Record<string, string>, setup: NodeSetup, message: RegExp) => {
    const one = cluster();
    const { channel } = await serveChannel(t, [next], latest);
    const host = clusterNode(one, setup);
    let settled = 0;
    const done = await patchNode(host, drains, patchRequest(channel), {
      ...patchOptions(),
      shown: () => Promise.reject(new Error('nothing is to be changed')),
      settled: async () => void settled++,
    });
    t.is(done.end, 'nothing');
    t.regex(done.message, message);
    t.is(settled, 1);
    t.deepEqual(one.asked, []);
  },
});
test(nothing, 'the newest runs', { latest: 'v0.1.0' }, {}, /0\.1\.0 runs, and 0\.1\.0 is the newest of 0\.1/);
test(
  nothing,
  'what runs is newer',
  { 'latest-0.1': 'v0.1.0' },
  { versions: { ...withDcp, os: '0.1.3' } },
  /0\.1\.3 runs/,
);
test(nothing, 'the channel is behind', { latest: 'v0.0.9' }, {}, /no release of 0\.1/);
test(
  nothing,
  'the node returned from it: no loop of starts',
  { 'latest-0.1': 'v0.1.5' },
  {
    files: {
      [upgradeRecordPath]: JSON.stringify({
        v: 1,
        last: {
          from: withDcp,
          to: next,
          at: '2026-11-29T00:00:00Z',
          source: 'x',
          end: 'returned',
          reason: 'no network',
        },
        ...{ returned: [next], proved: [] },
      }),
    },
  },
  /this node returned from 0\.1\.5 \(no network\)/,
);

test('what runs, under a newer name, restarts nothing: no loop of starts', async (t) => {
  const { channel } = await serveChannel(t, [withDcp], { 'latest-0.1': 'v0.1.7' }, () => 'v0.1.7');
  const one = cluster();
  const done = await patchNode(clusterNode(one), {}, patchRequest(channel), patchOptions());
  t.is(done.end, 'nothing');
  t.regex(done.message, /Nothing to do: this node runs 0\.1\.0/);
  t.deepEqual(one.asked, []);
});

test('another stream alone is said, and not taken', async (t) => {
  const { channel } = await serveChannel(t, [next], { latest: 'v0.2.0' });
  const error = await t.throwsAsync(
    patchNode(clusterNode(cluster()), {}, patchRequest(channel), patchOptions()),
    {
      code: 'stream-unknown',
    },
  );
  t.regex(error?.message ?? '', /newest of 0\.1/);
});

test('a dry run touches nothing', async (t) => {
  const one = cluster();
  const { host, channel } = await world(t, one);
  const before = host.tree('/run/bos/state');
  const done = await patchNode(host, drains, patchRequest(channel, { dryRun: true }), patchOptions());
  t.is(done.end, 'dry');
  t.regex(done.message, /Dry run: .*drained, and restarted into 0\.1\.5/);
  t.deepEqual(host.tree('/run/bos/state'), before);
  t.deepEqual(one.asked, []);
});

const map = (drain: object): Cluster['configMaps'] => ({ 'cluster-1': { drain: JSON.stringify(drain) } });
const drainedWith = async (t: ExecutionContext, one: Cluster, config: Config) => {
  const { host, channel } = await world(t, one);
  const options = patchOptions();
  const error = await patchNode(host, config, patchRequest(channel), options).then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { code: string; details: string[] },
  );
  return {
    error,
    said: options.said.join('\n'),
    asked: one.asked.find((line) => line.startsWith('drain')) ?? '',
  };
};

test('what the cluster says of draining counts, and config.yaml before it', async (t) => {
  const one = cluster({
    configMaps: map({ timeout: 600_000_000_000, force: true, ignoreDaemonSets: false }),
  });
  t.regex((await drainedWith(t, one, drains)).asked, /--timeout=90s .*--ignore-daemonsets=true --force=true/);
  const alone = cluster({ configMaps: map({ timeout: 600_000_000_000 }) });
  t.regex((await drainedWith(t, alone, {})).asked, /--timeout=600s .*--ignore-daemonsets=false/);
});

test('the mistake of the documentation is named, and nobody is drained by it', async (t) => {
  const one = cluster({ configMaps: map({ timeout: 600_000_000 }) });
  const { error, asked } = await drainedWith(t, one, drains);
  t.like(error, { code: 'drain-config' });
  t.regex(error?.details.join('\n') ?? '', /600000000 is 0\.6 s.*for 600 s write 600000000000/);
  t.is(asked, '');
  t.false(one.cordoned);
});

test('a ConfigMap that cannot be read, or is there for several clusters, is said and does not count', async (t) => {
  const forbidden = cluster({
    failing: { 'get configmaps': 'configmaps is forbidden: User "system:node:node1"' },
  });
  const first = await drainedWith(t, forbidden, drains);
  t.regex(first.said, /may not read the ConfigMap palette-agent-config/);
  t.regex(first.asked, /--timeout=90s/);
  const several = cluster({
    configMaps: { ...map({ force: true }), 'cluster-2': { drain: '{"force":true}' } },
  });
  const second = await drainedWith(t, several, drains);
  t.regex(second.said, /several clusters \(cluster-1, cluster-2\)/);
  t.regex(second.asked, /--force=false/);
  const foreign = cluster({ configMaps: { default: { drain: '{"force":true}' } } });
  t.regex((await drainedWith(t, foreign, drains)).asked, /--force=false/);
});
