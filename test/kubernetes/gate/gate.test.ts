/** The gate of a Plan: who may go on, who waits, who stops, and what it leaves on the node. */
import test from 'ava';
import { cordonRecordPath } from '../../../src/kubernetes/node/cordon-record.ts';
import { nodeAnnotations } from '../../../src/kubernetes/values/node-labels.ts';
import { renderUpgrading } from '../../../src/kubernetes/values/upgrading.ts';
import { announcementOf, gatedCluster, hash, type NodeState, returned } from './gated-cluster.ts';

const upgraded: NodeState = { os: '0.2.0', done: true };
const server: NodeState = { labels: { 'node-role.kubernetes.io/control-plane': 'true' } };
const etcd: NodeState = { labels: { ...server.labels, 'node-role.kubernetes.io/etcd': 'true' } };
const begun = (at: string, plan = 'system-upgrade/bos-upgrade') => ({
  [nodeAnnotations.upgrading]: renderUpgrading({
    ...{ plan, version: '0.2.0', at, until: '2099-01-01T00:00:00.000Z', schedulable: true },
  }),
});
const early = '2000-01-01T00:00:00.000Z';
const late = '2098-01-01T00:00:00.000Z';

const open: Readonly<Record<string, Readonly<Record<string, NodeState>>>> = {
  'nobody was upgraded before': { n1: {}, n2: {}, n3: {} },
  'those before are healthy': { n1: upgraded, n2: { ...upgraded, health: 'uncounted' }, n3: {} },
  'a new node came with the version': { n1: { ...upgraded, health: 'installed' }, n3: {} },
  'a name with a digest is the version': { n1: { ...upgraded, os: '0.2.0+1a2b3c4d' }, n3: {} },
  'other nodes are none of its business': {
    n1: { os: '0.2.0', done: true, ready: false, labels: { 'bhojpur.net/upgrade': 'no' } },
    n3: {},
  },
  'a node returned from another version': { n1: { ...returned, annotations: {} }, n3: {} },
  'three members of etcd, two of them ready without this one': { n1: etcd, n2: etcd, n3: etcd },
  'the only member of etcd': { n3: etcd },
  'another server came later': { n1: { ...server, annotations: begun(late, 'x/y') }, n3: server },
};
for (const [name, nodes] of Object.entries(open))
  test(`open: ${name}`, async (t) => {
    const gated = await gatedCluster(t, nodes);
    await t.notThrowsAsync(gated.pass());
    t.deepEqual(gated.lines, ['The gate is open: n3 is next for 0.2.0']);
    t.like(announcementOf(gated.server, 'n3'), {
      ...{ plan: 'system-upgrade/bos-upgrade', version: '0.2.0', schedulable: true },
    });
    // Nothing is written but that.
    t.deepEqual(gated.server.writes, ['PATCH /api/v1/nodes/n3']);
  });

const closed: Readonly<Record<string, readonly [Readonly<Record<string, NodeState>>, RegExp]>> = {
  'not ready': [{ n1: { ...upgraded, ready: false }, n3: {} }, /n1 is not ready/],
  'not proved': [{ n1: { ...upgraded, health: 'trial' }, n3: {} }, /n1 has not proved 0.2.0 yet/],
  'the old version': [{ n1: { done: true }, n3: {} }, /n1 runs 0.1.0, not 0.2.0/],
  'begun, and given up by the controller': [
    { n1: { annotations: begun(early) }, n3: {} },
    /n1 runs 0.1.0, not 0.2.0/,
  ],
  'still cordoned': [
    { n1: { ...upgraded, cordoned: true, annotations: begun(early) }, n3: {} },
    /n1 does not take pods again yet/,
  ],
  'a server that began before': [
    { n1: { ...server, annotations: begun(early, 'x/y') }, n3: server },
    /n1, of the control plane, is being upgraded/,
  ],
  'a server that is not ready': [
    { n1: { ...server, ready: false }, n3: server },
    /n1, of the control plane, is not ready/,
  ],
  'etcd would lose its quorum': [
    { n1: { ...etcd, ready: false }, n2: etcd, n3: etcd },
    /etcd needs 2 ready members without n3, and has 1/,
  ],
};
for (const [name, [nodes, why]] of Object.entries(closed))
  test(`closed: ${name}`, async (t) => {
    const gated = await gatedCluster(t, nodes);
    const error = await t.throwsAsync(gated.pass('n3', 0), { code: 'gate-limit' });
    t.like(error, { kind: 'refused' });
    t.regex((error as unknown as { details: string[] }).details.join('\n'), why);
    t.regex(gated.lines.join('\n'), why);
    // The node is as it was.
    t.is(announcementOf(gated.server, 'n3'), null);
    t.is(gated.server.find('nodes', 'n3')?.spec.unschedulable, undefined);
  });

test('it opens when the node before is healthy again', async (t) => {
  const gated = await gatedCluster(t, { n1: { ...upgraded, health: 'trial', ready: false }, n3: {} });
  const { server: api } = gated;
  const steps = [
    () =>
      api.change('nodes', 'n1', ({ status }) => {
        status.conditions[0].status = 'True';
      }),
    () =>
      api.change('nodes', 'n1', ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [nodeAnnotations.health]: 'proved' };
      }),
  ];
  // Each line says why it waits: that is what changes next.
  gated.onLine = () => steps.shift()?.();
  await gated.pass();
  t.deepEqual(gated.lines, [
    'The gate is closed: n1 is not ready',
    'The gate is closed: n1 has not proved 0.2.0 yet',
    'The gate is open: n3 is next for 0.2.0',
  ]);
});

const stops: Readonly<Record<string, readonly [Readonly<Record<string, NodeState>>, string, RegExp]>> = {
  'a node returned': [
    { n1: upgraded, n2: returned, n3: {} },
    'gate-returned',
    /^The rollout stops: n2 went back from 0.2.0 to 0.1.0$/,
  ],
  'this node itself returned': [{ n3: returned }, 'gate-returned', /^The rollout stops: n3 went back/],
  'two members of etcd': [{ n1: etcd, n3: etcd }, 'gate-quorum', /would lose its quorum with one of them$/],
};
for (const [name, [nodes, code, message]] of Object.entries(stops))
  test(`stop: ${name}`, async (t) => {
    const gated = await gatedCluster(t, nodes);
    t.like(await t.throwsAsync(gated.pass(), { code, message }), { kind: 'refused' });
    t.deepEqual(gated.server.writes, []);
    if (code === 'gate-returned')
      t.like(await t.throwsAsync(gated.pass()), { details: ['why: it panicked'] });
  });

test('it stops also when a node returns while it waits', async (t) => {
  const gated = await gatedCluster(t, { n1: { ...upgraded, health: 'trial' }, n3: {} });
  gated.onLine = () => {
    gated.server.change('nodes', 'n1', ({ metadata }) => {
      metadata.annotations = {
        ...metadata.annotations,
        ...returned.annotations,
        [nodeAnnotations.health]: 'returned',
      };
    });
  };
  await t.throwsAsync(gated.pass(), { code: 'gate-returned' });
  t.is(announcementOf(gated.server, 'n3'), null);
});

test('those whose job goes on are not waited for', async (t) => {
  const gated = await gatedCluster(t, { n1: { ready: false, annotations: begun(early) }, n3: {} });
  gated.server.change(
    'plans',
    'bos-upgrade',
    (plan) => {
      plan.status = { latestHash: hash, applying: ['n1', 'n3'] };
    },
    'system-upgrade',
  );
  await t.notThrowsAsync(gated.pass());
});

test('what a person has cordoned is noted as such; an earlier attempt of the job is believed', async (t) => {
  const person = await gatedCluster(t, { n3: { cordoned: true } });
  await person.pass();
  t.false(announcementOf(person.server, 'n3').schedulable);
  const again = await gatedCluster(t, { n3: { cordoned: true, annotations: begun(early) } });
  await again.pass();
  t.like(announcementOf(again.server, 'n3'), { at: early, schedulable: true });
});

test('what opsctl patch has cordoned takes pods again after the upgrade', async (t) => {
  // Also with a record that cannot be read: only a patch writes there.
  for (const text of ['{"v":1,"node":"n3","at":"2026-11-29T00:00:00Z"}', '{']) {
    const patched = await gatedCluster(t, { n3: { cordoned: true } }, { [`/host${cordonRecordPath}`]: text });
    await patched.pass();
    t.true(announcementOf(patched.server, 'n3').schedulable);
  }
});

test('a gate that is cancelled leaves nothing for others to wait for', async (t) => {
  const gated = await gatedCluster(t, { n1: { ...upgraded, ready: false }, n3: {} });
  const stop = new AbortController();
  gated.onLine = () => stop.abort(new Error('stopped'));
  await t.throwsAsync(gated.pass('n3', 600, stop.signal), { message: 'stopped' });
  t.is(announcementOf(gated.server, 'n3'), null);
  t.is(gated.server.writes.length, 2);
});

test('the job that comes back after the restart waits for nobody', async (t) => {
  const boot = JSON.stringify({ v: 1, mode: 'disk', os: '0.2.0', kernel: 'k2' });
  const gated = await gatedCluster(
    t,
    { n1: { ...upgraded, ready: false }, n3: {} },
    { '/host/run/bos/boot.json': boot },
  );
  await gated.pass();
  t.deepEqual(gated.lines, ['n3 runs 0.2.0 already: the gate is open']);
});

test('an API server that is down, forbids or forgets: said, and nothing is cordoned', async (t) => {
  const gated = await gatedCluster(t, { n1: { ...upgraded, ready: false }, n3: {} });
  const { server: api } = gated;
  api.behave({ down: true });
  await t.throwsAsync(gated.pass(), { code: 'url-unreachable', message: /the API server is not reached/ });
  api.behave({ refuse: { request: /nodes/, status: 403, times: 9 } });
  await t.throwsAsync(gated.pass(), { code: 'api-forbidden', message: /^Cannot list nodes: / });
  api.behave({ watchGone: true });
  await t.throwsAsync(gated.pass(), { code: 'api-expired', message: /gave up after 5 attempts/ });
  t.is(announcementOf(api, 'n3'), null);
  t.is(api.find('nodes', 'n3')?.spec.unschedulable, undefined);
});
