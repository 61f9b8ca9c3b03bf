/** `opsctl patch` as it is typed, and as timers and the cluster start it. */
import test, { type ExecutionContext } from 'ava';
import { patchCommand } from '../../../../src/cli/commands/patch/command.ts';
import { cordonRecordPath } from '../../../../src/kubernetes/node/cordon-record.ts';
import { patchRecordPath } from '../../../../src/patch/record.ts';
import type { FakeHost } from '../../../fakes/host.ts';
import { type Cluster, cluster, clusterNode, serveChannel } from '../../../patch/world.ts';
import { environmentOf, type NodeSetup, type Versions } from '../../../upgrade/node.ts';
import { runProgram } from '../install/fake-world.ts';

const next: Versions = { kernel: '6.1.0-49-amd64', os: '0.1.5', dcp: 'v1.28.9' };

interface Setup extends NodeSetup {
  readonly cluster?: Cluster;
  /** Lines of bos.patch. */
  readonly patch?: string;
}

async function world(
  t: ExecutionContext,
  { cluster: one = cluster(), patch = '', files, ...setup }: Setup = {},
) {
  const { channel } = await serveChannel(t, [next], { 'latest-0.1': 'v0.1.5' });
  const host = clusterNode(one, {
    ...setup,
    files: {
      '/bos/system/config.yaml': `bos: {upgrade: {channel: "${channel}"}, patch: {${patch}}}\n`,
      ...files,
    },
  });
  const run = (argv: string, uid = 0) =>
    runProgram(argv.split(' '), {
      commands: [patchCommand],
      host: { ...host, system: { ...host.system, uid } },
    });
  return { host, one, run };
}
const restarted = (host: FakeHost) => host.ran.includes('systemctl reboot');

test('only root patches', async (t) => {
  const { run } = await world(t);
  const { exitCode, err } = await run('patch --check', 1000);
  t.is(exitCode, 3);
  t.regex(err, /Only root can patch this node[\s\S]*sudo opsctl patch/);
});

test('--check: what there is, as text and as JSON, and nothing is changed', async (t) => {
  const { run, host } = await world(t, { patch: 'hold: true' });
  const { exitCode, out, err } = await run('patch --check');
  t.is(exitCode, 0);
  t.is(out, '0.1.5 is a patch for 0.1.0.\n');
  t.regex(err, /on hold/);
  const found = JSON.parse((await run('patch --check --json')).out);
  t.like(found, {
    v: 1,
    running: '0.1.0',
    stream: '0.1',
    newest: 'v0.1.5',
    state: 'available',
    allowed: false,
  });
  t.is((await environmentOf(host)).os, '0.1.0');
});

test('staged, then drained and restarted', async (t) => {
  const { run, host, one } = await world(t, { patch: 'drain: {timeout: 90s}' });
  const first = await run('patch --insecure');
  t.is(first.exitCode, 0, first.err);
  t.regex(first.out, /A restart is required: 0\.1\.5 is staged/);
  t.false(restarted(host));
  const second = await run('patch --insecure --reboot-if-required');
  t.is(second.exitCode, 0, second.err);
  t.regex(second.err, /Draining node1 \(--timeout=90s/);
  t.true(restarted(host));
  t.true(one.cordoned);
  t.is((await environmentOf(host)).os, '0.1.5');
  // After the restart.
  t.is((await run('patch --finish')).out, 'Node node1 is uncordoned.\n');
  t.false(one.cordoned);
  t.regex((await run('patch --finish')).out, /Nothing to do/);
});

test('bos.patch.reboot_if_required says it without an option; --no-drain leaves pods alone', async (t) => {
  const { run, host, one } = await world(t, { patch: 'reboot_if_required: true' });
  t.is((await run('patch --insecure --no-drain')).exitCode, 0);
  t.true(restarted(host));
  t.false(one.cordoned);
});

test('a restart that cannot be had uncordons the node', async (t) => {
  const { run, one, host } = await world(t, {
    tools: { systemctl: ([verb]) => (verb === 'reboot' ? { exitCode: 1, stderr: 'no' } : undefined) },
  });
  const { exitCode, err } = await run('patch --insecure --reboot-if-required');
  t.not(exitCode, 0);
  t.regex(err, /Node node1 is uncordoned again/);
  t.false(one.cordoned);
  t.false(await host.files.exists(cordonRecordPath));
});

test('hold and window: refused by hand, said and passed over by a timer', async (t) => {
  // The clock of the fake is Tuesday, 14 November 2023, 22:13 UTC.
  for (const [patch, words] of [
    ['hold: true', /on hold \(bos\.patch\.hold\)/],
    ['window: "wed 02:00-05:00"', /window for patches is closed[\s\S]*wed 02:00-05:00 UTC/],
  ] as const) {
    const { run, host } = await world(t, { patch });
    const byHand = await run('patch --insecure');
    t.is(byHand.exitCode, 3);
    t.regex(byHand.err, words);
    const byTimer = await run('patch --insecure --trigger schedule');
    t.is(byTimer.exitCode, 0);
    t.regex(byTimer.err, words);
    t.is((await environmentOf(host)).os, '0.1.0');
  }
});

test('a hold and a window that cannot be read, and a misspelt one, hold', async (t) => {
  for (const [patch, words] of [
    ['hold: maybe', /bos\.patch\.hold/],
    ['window: "sat 2 to 5"', /bos\.patch\.window/],
    ['windo: "sat 02:00-05:00"', /bos\.patch\.windo: is not a key/],
  ] as const) {
    const { run, host } = await world(t, { patch });
    for (const argv of ['patch --insecure', 'patch --insecure --trigger schedule']) {
      const { exitCode, err } = await run(argv);
      t.is(exitCode, 2);
      t.regex(err, words);
    }
    t.is((await environmentOf(host)).os, '0.1.0');
    // What a patch has cordoned is uncordoned all the same.
    t.is((await run('patch --finish')).exitCode, 0);
  }
});

test('--finish waits for a patch that runs', async (t) => {
  const one = cluster({ cordoned: true });
  const record = '{"v":1,"node":"node1","at":"2026-11-29T00:00:00Z"}';
  const { run, host } = await world(t, { cluster: one, files: { [cordonRecordPath]: record } });
  const other = await host.processes.identify(host.system.pid);
  await host.files.makeDir('/run/bos');
  await host.files.symlink(other ?? '', '/run/bos/patch.lock');
  const { exitCode, err } = await run('patch --finish');
  t.is(exitCode, 3);
  t.regex(err, /Another patch is running/);
  t.true(one.cordoned);
  await host.files.remove('/run/bos/patch.lock');
  t.is((await run('patch --finish')).exitCode, 0);
  t.false(one.cordoned);
});

test('--now passes a window and says so, and passes no hold', async (t) => {
  const { run } = await world(t, { patch: 'window: "wed 02:00-05:00"' });
  const { exitCode, err, out } = await run('patch --insecure --now');
  t.is(exitCode, 0, err);
  t.regex(err, /window for patches is closed \(wed 02:00-05:00\): --now passes it/);
  t.regex(out, /0\.1\.5 is staged/);
  const held = await world(t, { patch: 'hold: true' });
  t.is((await held.run('patch --insecure --now')).exitCode, 3);
});

test('a request of the cluster patches once', async (t) => {
  const one = cluster({ annotations: { 'bhojpur.net/patch': 'now' } });
  const { run, host } = await world(t, { cluster: one, patch: 'window: "wed 02:00-05:00"' });
  const first = await run('patch --insecure --requested');
  t.is(first.exitCode, 0, first.err);
  t.regex(first.err, /the request passes it/);
  t.regex(first.out, /0\.1\.5 is staged/);
  t.regex(await host.files.readText(patchRecordPath), /"annotation":"now"/);
  t.is((await run('patch --insecure --requested')).out, 'No patch is asked for.\n');
  // Taken away and set again it is another request.
  one.annotations = {};
  t.is((await run('patch --insecure --requested')).out, 'No patch is asked for.\n');
  one.annotations = { 'bhojpur.net/patch': 'now' };
  t.regex((await run('patch --insecure --requested')).out, /0\.1\.5 is staged/);
  one.annotations = { 'bhojpur.net/patch': '2023-12-01T00:00:00Z' };
  t.is((await run('patch --insecure --requested')).out, 'A patch is asked for at 2023-12-01T00:00:00Z.\n');
  one.annotations = { 'bhojpur.net/patch': 'soon' };
  const odd = await run('patch --insecure --requested');
  t.is(odd.exitCode, 3);
  t.regex(odd.err, /"soon" asks for no patch[\s\S]*2026-12-01T03:30:00Z/);
});

test('bos.patch.after is done once, by its timer', async (t) => {
  const { run } = await world(t, { patch: 'after: 2023-11-14T20:00:00Z, window: "wed 02:00-05:00"' });
  t.regex((await run('patch --insecure --trigger after')).out, /0\.1\.5 is staged/);
  t.is((await run('patch --insecure --trigger after')).out, 'No patch is asked for.\n');
});

test('a request that fails before a pod is touched is not used up', async (t) => {
  const one = cluster({ annotations: { 'bhojpur.net/patch': 'now' } });
  const { run, host } = await world(t, { cluster: one, freeSpace: 0 });
  t.is((await run('patch --insecure --requested')).exitCode, 3);
  t.false(await host.files.exists(patchRecordPath));
});

test('a drain that fails ends with 4, a wrong trigger with 2', async (t) => {
  const one = cluster({ failing: { drain: 'global timeout reached: 90s' } });
  const { run, host } = await world(t, { cluster: one, patch: 'drain: {timeout: 90s}' });
  const { exitCode, err } = await run('patch --insecure --reboot-if-required');
  t.is(exitCode, 4);
  t.regex(err, /Node node1 could not be drained within 90 s: a pod did not end in time/);
  t.false(restarted(host));
  t.false(one.cordoned);
  t.is((await run('patch --trigger sometimes')).exitCode, 2);
});

test('--json: events, the result last', async (t) => {
  const { run } = await world(t);
  const { out } = await run('patch --insecure --json');
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.like(events.at(-1), { type: 'result', v: 1, ok: true, exitCode: 0 });
  t.true(events.some(({ type }) => type === 'plan'));
});

test('drain-config: printed with the units that it wants, and checked', async (t) => {
  const { run, host } = await world(t, { patch: 'drain: {timeout: 10m, ignore_daemon_sets: true}' });
  const { out } = await run('patch drain-config --cluster 64ab12');
  t.regex(out, /namespace: cluster-64ab12[\s\S]*"timeout": 600000000000/);
  await host.files.write('/run/bos/map.yaml', out);
  const checked = await run('patch drain-config /run/bos/map.yaml');
  t.is(checked.exitCode, 0, checked.err);
  t.regex(checked.out, /^timeout +600 s +--timeout$/m);
  await host.files.write('/run/bos/map.yaml', out.replace('600000000000', '600000000'));
  const wrong = await run('patch drain-config /run/bos/map.yaml');
  t.is(wrong.exitCode, 2);
  t.regex(wrong.err, /600000000 is 0\.6 s/);
  await host.files.write('/run/bos/c.yaml', 'bos: {patch: {drain: {timeout: 30s}}}\n');
  t.regex(
    (await run('patch drain-config --cluster a --config /run/bos/c.yaml')).out,
    /"timeout": 30000000000/,
  );
  const missing = await run('patch drain-config /none.yaml');
  t.is(missing.exitCode, 3);
  t.regex(missing.err, /none\.yaml cannot be read/);
  t.is((await run('patch drain-config')).exitCode, 2);
  t.is((await run('patch drain-config --cluster A_B')).exitCode, 2);
  t.is((await run('patch drain-config /run/bos/map.yaml --cluster a')).exitCode, 2);
});
