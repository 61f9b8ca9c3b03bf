/** What a node tells its cluster: once, and only what changed; and when it takes pods again. */
import test from 'ava';
import { cordonRecordPath } from '../../../src/kubernetes/node/cordon-record.ts';
import { clusterRecordPath } from '../../../src/kubernetes/report/record.ts';
import { report } from '../../../src/kubernetes/report/report.ts';
import { renderUpgrading } from '../../../src/kubernetes/values/upgrading.ts';
import { installed } from '../../upgrade/node.ts';
import {
  eventsIn,
  forgetEvents,
  kubeconfigPath,
  next,
  recordOf,
  reportingNode,
  saidOf,
  upgrading,
} from './reporting-node.ts';

test('labels and annotations come with one request; nothing is written again', async (t) => {
  const { server, host } = await reportingNode(t);
  t.is(await report(host, '/'), 'told');
  t.deepEqual(server.writes, ['PATCH /api/v1/nodes/n1']);
  t.deepEqual(saidOf(server), {
    'bhojpur.net/mode': 'disk',
    'bhojpur.net/version': '0.1.0',
    'bhojpur.net/deployment': '{"kernel":"6.1.0-40-amd64","os":"0.1.0","dcp":null}',
    'bhojpur.net/health': 'installed',
    cordoned: false,
  });
  t.is(await report(host, '/'), 'unchanged');
  t.is(server.writes.length, 1);
  t.is(server.log.length, 3);
  // What somebody else has changed is put right, and only that.
  server.change('nodes', 'n1', ({ metadata }) => {
    metadata.labels = { ...metadata.labels, 'bhojpur.net/version': '9', other: 'stays' };
  });
  t.is(await report(host, '/'), 'told');
  t.deepEqual(server.find('nodes', 'n1')?.metadata.labels, {
    'kubernetes.io/hostname': 'n1',
    ...{ 'bhojpur.net/mode': 'disk', 'bhojpur.net/version': '0.1.0', other: 'stays' },
  });
});

test('without credentials there is nobody to tell', async (t) => {
  const { server, host, fake } = await reportingNode(t);
  await fake.files.remove(kubeconfigPath);
  t.is(await report(host, '/'), 'none');
  t.deepEqual(server.log, []);
});

test('an upgrade that proved itself: annotations, and one event that no restart repeats', async (t) => {
  const { server, host, fake } = await reportingNode(t, { versions: next, record: recordOf('proved') });
  await report(host, '/');
  const said = saidOf(server);
  t.like(said, {
    'bhojpur.net/health': 'proved',
    'bhojpur.net/last-patch-time': '2026-11-29T06:10:00.000Z',
    'bhojpur.net/patched-version': '0.2.0',
  });
  t.deepEqual(JSON.parse(String((said as Record<string, unknown>)['bhojpur.net/last-upgrade'])), {
    ...{ from: '0.1.0', to: '0.2.0', at: '2026-11-29T06:00:00.000Z', end: 'proved' },
    endedAt: '2026-11-29T06:10:00.000Z',
  });
  t.deepEqual(eventsIn(server), ['Normal Upgraded: Bhojpur OS 0.2.0 proved itself; before it was 0.1.0']);
  t.deepEqual(server.writes, ['PATCH /api/v1/nodes/n1', 'POST /api/v1/namespaces/default/events']);
  const { writes } = server;
  await report(host, '/');
  t.deepEqual(server.writes, writes);
  // The power went off before it was remembered: the name of the event is the same.
  await fake.files.remove(clusterRecordPath);
  await report(host, '/');
  t.is(eventsIn(server).length, 1);
  t.true(await fake.files.exists(clusterRecordPath));
  // The API server has forgotten it: it is not told again.
  forgetEvents(server);
  await report(host, '/');
  t.deepEqual(eventsIn(server), []);
});

test('an event is remembered when the API server has it, and on the disk', async (t) => {
  const { server, host, fake } = await reportingNode(t, { versions: next, record: recordOf('proved') });
  server.behave({ refuse: { request: /POST/, status: 403, times: 9 } });
  await t.throwsAsync(report(host, '/'), { code: 'api-forbidden' });
  t.false(await fake.files.exists(clusterRecordPath));
  server.behave({});
  await report(host, '/');
  t.true(fake.effects.some((effect) => JSON.stringify(effect).includes(clusterRecordPath)));
  t.true(fake.effects.some((effect) => effect.kind === 'replace' && effect.path === clusterRecordPath));
  t.deepEqual(JSON.parse(await fake.files.readText(clusterRecordPath)), {
    v: 1,
    events: ['upgraded 2026-11-29T06:00:00.000Z'],
  });
});

test('a node that returned says so, with the reason', async (t) => {
  const { server, host } = await reportingNode(t, { record: recordOf('returned') });
  await report(host, '/');
  t.like(saidOf(server), { 'bhojpur.net/health': 'returned', 'bhojpur.net/version': '0.1.0' });
  t.deepEqual(eventsIn(server), [
    'Warning UpgradeReturned: Bhojpur OS went back to 0.1.0: 0.2.0 did not prove itself: ssh.service is failed (failed)',
  ]);
});

test('a version that waits for a restart: reboot required', async (t) => {
  const { server, host } = await reportingNode(t, {
    versions: next,
    running: installed,
    record: recordOf('pending'),
  });
  await report(host, '/');
  t.like(saidOf(server), { 'bhojpur.net/health': 'proved', 'bhojpur.net/version': '0.1.0' });
  t.deepEqual(eventsIn(server), [
    'Normal RebootRequired: Bhojpur OS 0.2.0 (kernel 6.1.0-49-amd64, without DCP) starts with the next restart of the node',
  ]);
});

const proved = { versions: next, record: recordOf('proved') };
/** Whether the node is cordoned after a report, when an upgrade of a Plan has begun on it. */
const rows: Readonly<
  Record<
    string,
    { setup: Parameters<typeof reportingNode>[1]; at?: string; cordoned: boolean; kept?: boolean }
  >
> = {
  'the new version proved itself': { setup: { ...proved, begun: upgrading() }, cordoned: false },
  'the node returned': { setup: { record: recordOf('returned'), begun: upgrading() }, cordoned: false },
  'a name with a digest is the same version': {
    setup: { ...proved, versions: { ...next, os: '0.2.0+1a2b' }, begun: upgrading() },
    cordoned: false,
  },
  'a person had cordoned it before': {
    setup: { ...proved, begun: upgrading({ schedulable: false }) },
    cordoned: true,
  },
  'the new version is on trial': {
    setup: { versions: next, record: recordOf('pending'), begun: upgrading() },
    ...{ cordoned: true, kept: true },
  },
  'the job goes on': {
    setup: { begun: upgrading() },
    ...{ at: '2026-11-29T06:30:00Z', cordoned: true, kept: true },
  },
  'the job has ended without an upgrade': { setup: { begun: upgrading() }, cordoned: false },
  'it returned from an earlier attempt, and the job goes on': {
    setup: {
      record: recordOf('returned'),
      begun: upgrading({ at: '2026-11-29T07:00:00.000Z', until: '2026-11-29T08:00:00.000Z' }),
    },
    ...{ cordoned: true, kept: true },
  },
  'the new version waits for a restart, however late': {
    setup: { versions: next, running: installed, record: recordOf('pending'), begun: upgrading() },
    ...{ cordoned: true, kept: true },
  },
};
for (const [name, { setup, at, cordoned, kept = false }] of Object.entries(rows))
  test(`cordoned: ${name}`, async (t) => {
    const node = await reportingNode(t, setup);
    if (at !== undefined) node.at(at);
    await report(node.host, '/');
    const said = saidOf(node.server);
    t.is(said.cordoned, cordoned);
    t.is('bhojpur.net/upgrading' in said, kept);
    const { length } = node.server.writes;
    await report(node.host, '/');
    t.is(node.server.writes.length, length);
  });

test('a node that is not ready takes no pods yet; it does as soon as it is', async (t) => {
  const { server, host } = await reportingNode(t, { ...proved, begun: upgrading(), ready: false });
  let pauses = 0;
  const clock = {
    ...host.clock,
    sleep: async () => {
      pauses += 1;
      t.like(saidOf(server), { 'bhojpur.net/health': 'proved', cordoned: true });
      if (pauses === 2)
        server.change('nodes', 'n1', ({ status }) => {
          status.conditions[0].status = 'True';
        });
    },
  };
  t.is(await report({ ...host, clock }, '/'), 'told');
  t.is(pauses, 2);
  t.false(saidOf(server).cordoned);
});

test('a node that nobody cordoned is only told that it is over', async (t) => {
  const { server, host } = await reportingNode(t, { ...proved, begun: upgrading() });
  server.change('nodes', 'n1', ({ spec }) => {
    delete spec.unschedulable;
  });
  await report(host, '/');
  t.deepEqual([saidOf(server).cordoned, 'bhojpur.net/upgrading' in saidOf(server)], [false, false]);
});

test('what opsctl patch has cordoned is left to it, readable or not', async (t) => {
  for (const text of ['{"v":1,"node":"n1","at":"2026-11-29T07:00:00Z"}', '{']) {
    const { server, host } = await reportingNode(t, {
      begun: upgrading(),
      files: { [cordonRecordPath]: text },
    });
    await report(host, '/');
    t.deepEqual([saidOf(server).cordoned, 'bhojpur.net/upgrading' in saidOf(server)], [true, false]);
  }
});

test('an upgrade that is announced while the report looks stays announced, and nothing is uncordoned', async (t) => {
  const { server, host } = await reportingNode(t, { begun: upgrading() });
  const at = '2026-11-29T07:30:00.000Z';
  const another = upgrading({ version: '0.3.0', at, until: '2026-11-29T08:30:00.000Z' });
  let pauses = 0;
  const http: typeof host.http = {
    ...host.http,
    using: (settings) => {
      const inner = host.http.using(settings);
      return {
        ...inner,
        open: async (url, options) => {
          if (options?.method === 'PATCH' && pauses === 0)
            server.change('nodes', 'n1', ({ metadata }) => {
              metadata.annotations = {
                ...metadata.annotations,
                'bhojpur.net/upgrading': renderUpgrading(another),
              };
            });
          return inner.open(url, options);
        },
      };
    },
  };
  const clock = { ...host.clock, sleep: async () => void pauses++ };
  t.is(await report({ ...host, http, clock }, '/'), 'told');
  t.is(pauses, 1);
  t.like(saidOf(server), { cordoned: true, 'bhojpur.net/upgrading': renderUpgrading(another) });
});

test('a cluster that is down is waited for, and what has changed meanwhile is told', async (t) => {
  const { server, host, fake } = await reportingNode(t, { versions: next, record: recordOf('pending') });
  server.behave({ down: true });
  const lines: string[] = [];
  let pauses = 0;
  const clock = {
    ...host.clock,
    sleep: async () => {
      pauses += 1;
      if (pauses < 3) return;
      server.behave({});
      await fake.files.writeAtomic('/var/lib/bhojpur/os/upgrades.json', JSON.stringify(recordOf('proved')));
    },
  };
  t.is(await report({ ...host, clock }, '/', { say: (line) => lines.push(line) }), 'told');
  t.like(saidOf(server), { 'bhojpur.net/health': 'proved' });
  t.is(pauses, 3);
  t.regex(lines[0] ?? '', /^Cannot get nodes\/n1: the API server is not reached: .*trying again in 1 s/);
  server.behave({ down: true });
  await t.throwsAsync(report({ ...host, clock: { ...host.clock, sleep: async () => {} } }, '/'), {
    code: 'url-unreachable',
    message: /gave up after 60 attempts/,
  });
});

test('what changes while it is told is told, too', async (t) => {
  const { server, host, fake } = await reportingNode(t, { versions: next, record: recordOf('pending') });
  const http = host.http.using({ proxyEnv: {} });
  let changed = false;
  const once: typeof http = {
    ...host.http,
    using: (settings) => {
      const inner = host.http.using(settings);
      return {
        ...inner,
        open: async (url, options) => {
          const answer = await inner.open(url, options);
          if (options?.method === 'PATCH' && !changed) {
            changed = true;
            await fake.files.writeAtomic(
              '/var/lib/bhojpur/os/upgrades.json',
              JSON.stringify(recordOf('proved')),
            );
          }
          return answer;
        },
      };
    },
  };
  t.is(await report({ ...host, http: once }, '/'), 'told');
  t.like(saidOf(server), { 'bhojpur.net/health': 'proved' });
});
