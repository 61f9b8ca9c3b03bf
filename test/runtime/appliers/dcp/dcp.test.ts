import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../../../src/config/config.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import { dcpApplier } from '../../../../src/runtime/appliers/dcp/dcp.ts';
import { planLocalFile } from '../../../../src/runtime/appliers/dcp/node-choice.ts';
import { sysctlFile } from '../../../../src/runtime/appliers/sysctls/sysctls.ts';
import { identityParts } from '../../../../src/runtime/boot/identity.ts';
import { runPhases } from '../../../../src/runtime/phases/phases.ts';
import type { FakeRoot } from '../../fake-root.ts';
import { fakeRoot, real } from '../../fake-root.ts';
import { readEnvironmentFile, readExecStart } from './systemd-reader.ts';

const dropIn = 'etc/systemd/system/dcp.service.d/bos.conf';
const environment = 'etc/bhojpur/dcp/dcp.env';
const hold = 'run/bos/dcp-hold';
const restarted = ['systemctl --no-block restart dcp.service'];
const reloaded = ['systemctl daemon-reload', ...restarted];

async function node(t: ExecutionContext, mode = 'disk', dcp = 'v1'): Promise<FakeRoot> {
  const fake = await fakeRoot(t, { mode, state: mode === 'disk' ? '/dev/vda3' : '', os: '0.1.0', dcp });
  if (dcp !== '') await fake.write(`bos/system/dcp/${dcp}/dcp`, '');
  const { processes } = fake.host;
  const run: typeof processes.run = async (command, args, options) => {
    if (command !== 'systemctl') return processes.run(command, args, options);
    fake.ran.push([command, ...args].join(' '));
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  return { ...fake, host: { ...fake.host, processes: { ...processes, run } } };
}

const apply = ({ host, root }: FakeRoot, config: Config, phase: RunPhase) =>
  dcpApplier.run(applyContext(host, root, phase, config));
const argumentsIn = async (fake: FakeRoot) => readExecStart(await fake.read(dropIn)).slice(1);
const there = (fake: FakeRoot, path: string) => real.files.exists(join(fake.root, path));

test('without keys, a single server; three boots and phases change nothing more', async (t) => {
  const fake = await node(t);
  await apply(fake, {}, 'boot');
  t.is((await argumentsIn(fake))[0], 'server');
  t.is(await fake.mode(environment), '600');
  t.is(await fake.mode(dropIn), '644');
  t.false(await there(fake, hold));
  const before = await real.files.stat(join(fake.root, dropIn));
  for (const phase of ['runtime', 'boot', 'runtime', 'boot', 'runtime'] as const)
    await apply(fake, {}, phase);
  t.deepEqual(await real.files.stat(join(fake.root, dropIn)), before);
  t.deepEqual(fake.ran, []);
});

test('an agent: the token is in the environment file alone', async (t) => {
  const fake = await node(t);
  const config: Config = { 'bos.server_url': 'https://a:6443', 'bos.token': 'hunter22' };
  await apply(fake, config, 'boot');
  t.is((await argumentsIn(fake))[0], 'agent');
  t.notRegex(await fake.read(dropIn), /hunter22/);
  t.like(readEnvironmentFile(await fake.read(environment)), {
    DCP_TOKEN: 'hunter22',
    K3S_URL: 'https://a:6443',
  });
  await apply(fake, { ...config, 'bos.token': 'hunter23' }, 'runtime');
  t.deepEqual(fake.ran, reloaded);
  t.is(readEnvironmentFile(await fake.read(environment)).DCP_TOKEN, 'hunter23');
  t.is(await fake.mode(environment), '600');
});

test('what has changed at runtime restarts DCP once', async (t) => {
  const fake = await node(t);
  await apply(fake, {}, 'boot');
  await apply(fake, { 'bos.dcp_args': ['server', '--cluster-init'] }, 'runtime');
  await apply(fake, { 'bos.dcp_args': ['server', '--cluster-init'] }, 'runtime');
  t.deepEqual(fake.ran, reloaded);
  // What is taken away again too.
  await apply(fake, {}, 'runtime');
  t.deepEqual(fake.ran, [...reloaded, ...reloaded]);
});

test('a file that others may read is written anew', async (t) => {
  const fake = await node(t);
  await apply(fake, { 'bos.token': 'hunter22' }, 'boot');
  await real.files.chmod(join(fake.root, environment), 0o644);
  await apply(fake, { 'bos.token': 'hunter22' }, 'boot');
  t.is(await fake.mode(environment), '600');
});

test('with data sources DCP waits for the runtime phase', async (t) => {
  const fake = await node(t);
  const config: Config = { 'bos.data_sources': ['aws'] };
  await apply(fake, config, 'boot');
  t.regex(await fake.read(hold), /user data/);
  // The user data makes it an agent.
  await apply(fake, { ...config, 'bos.server_url': 'https://a:6443' }, 'runtime');
  t.false(await there(fake, hold));
  t.deepEqual(fake.ran, reloaded);
  await apply(fake, { ...config, 'bos.server_url': 'https://a:6443' }, 'runtime');
  t.deepEqual(fake.ran, reloaded);
});

test('with data sources that give nothing DCP is started all the same', async (t) => {
  const fake = await node(t);
  await apply(fake, { 'bos.data_sources': ['aws'] }, 'boot');
  await apply(fake, { 'bos.data_sources': ['aws'] }, 'runtime');
  t.deepEqual(fake.ran, restarted);
});

test('faulty arguments: DCP is held, and no cluster is made by mistake', async (t) => {
  const fake = await node(t);
  const faulty: Config = { 'bos.dcp_args': ['cluster-init'] };
  await t.throwsAsync(apply(fake, faulty, 'boot'), { message: /expected server, agent/ });
  t.regex(await fake.read(hold), /expected server, agent/);
  await t.throwsAsync(apply(fake, faulty, 'runtime'), { message: /expected server, agent/ });
  t.true(await there(fake, hold));
  t.deepEqual(fake.ran, []);
  await apply(fake, { 'bos.dcp_args': ['server', '--cluster-init'] }, 'runtime');
  t.false(await there(fake, hold));
  t.deepEqual(fake.ran, reloaded);
});

test('arguments that become faulty at runtime leave a running DCP alone', async (t) => {
  const fake = await node(t);
  await apply(fake, {}, 'boot');
  const before = await fake.read(dropIn);
  await t.throwsAsync(apply(fake, { 'bos.dcp_args': ['x'] }, 'runtime'));
  t.is(await fake.read(dropIn), before);
  t.false(await there(fake, hold));
  t.deepEqual(fake.ran, []);
});

test('a faulty label is told and the others act', async (t) => {
  const fake = await node(t);
  const config: Config = { 'bos.labels': { 'not a label': 'x', fine: 'y' } };
  await t.throwsAsync(apply(fake, config, 'boot'), { message: /not a label=x/ });
  t.true((await argumentsIn(fake)).includes('--node-label=fine=y'));
  t.false(await there(fake, hold));
});

test('an image without DCP: said at runtime, when it matters', async (t) => {
  const fake = await node(t, 'live', '');
  await apply(fake, { 'bos.token': 'hunter22' }, 'boot');
  await apply(fake, {}, 'runtime');
  t.false(await there(fake, dropIn));
  await t.throwsAsync(apply(fake, { 'bos.token': 'hunter22', 'bos.taints': ['a:NoExecute'] }, 'runtime'), {
    message: 'this image was built without Bhojpur DCP, so these have no effect: bos.token, bos.taints',
  });
  t.deepEqual(fake.ran, []);
});

test('an image without DCP: what a node registers with is a warning', async (t) => {
  const fake = await node(t, 'live', '');
  await fake.write('proc/cmdline', 'bos.labels[a]=b bos.taints=a:NoExecute');
  const said: string[] = [];
  const print = (line: string) => said.push(line);
  const { failures } = await runPhases(fake.host, {
    phases: ['boot', 'runtime'],
    root: fake.root,
    print,
    appliers: [dcpApplier],
  });
  t.is(failures, 0);
  t.is(said.length, 1, said.join('\n'));
  t.regex(said[0] ?? '', /without Bhojpur DCP, so these have no effect: bos\.labels, bos\.taints$/);
});

test('the installer does not join with the keys of the system that it installs', async (t) => {
  const fake = await node(t, 'install');
  const config: Config = { 'bos.server_url': 'https://a:6443' };
  await apply(fake, config, 'boot');
  await apply(fake, config, 'runtime');
  t.regex(await fake.read(hold), /installer/);
  t.deepEqual(fake.ran, []);
  // Until it is configured itself.
  await fake.write('var/lib/bhojpur/os/config.yaml', 'bos: {}\n');
  await apply(fake, config, 'runtime');
  t.false(await there(fake, hold));
  t.deepEqual(fake.ran, reloaded);
});

test('through the phases: no secret is logged, and the keys act at boot and at runtime', async (t) => {
  const fake = await node(t, 'live');
  await fake.write('proc/cmdline', 'bos.token=hunter22 bos.labels[a]="not fine" bos.dcp_args=agent');
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const options = { root: fake.root, print, appliers: [dcpApplier] };
  t.like(await runPhases(fake.host, { ...options, phases: ['initrd'] }), { failures: 0 });
  t.false(await there(fake, dropIn));
  t.like(await runPhases(fake.host, { ...options, phases: ['boot'] }), { faults: 1, failures: 0 });
  t.like(await runPhases(fake.host, { ...options, phases: ['runtime'] }), { faults: 1, failures: 0 });
  t.is((await argumentsIn(fake))[0], 'agent');
  t.regex(lines.join('\n'), /bos\.labels\[a\]: expected a Kubernetes label/);
  t.notRegex(`${lines}${await fake.read('var/log/bos/config.log')}`, /hunter22/);
});

test('the node’s password lasts: a link from what is new at every boot', async (t) => {
  const fake = await node(t);
  const restore = () => identityParts['DCP node'](fake.host, fake.root);
  await restore();
  await restore();
  t.is(await real.files.readLink(join(fake.root, 'etc/bhojpur/node')), '/var/lib/bhojpur/node');
  t.is(await fake.mode('var/lib/bhojpur/node'), '700');
  await real.files.remove(join(fake.root, 'etc/bhojpur/node'));
  await fake.write('etc/bhojpur/node/password', 'x');
  await t.throwsAsync(restore(), { message: /in the way/ });
});

test('unit and applier agree on their files', async (t) => {
  const unit = await real.files.readText('os/overlay/usr/lib/systemd/system/dcp.service');
  t.regex(unit, new RegExp(`^ConditionPathExists=!/${hold}$`, 'm'));
  t.regex(unit, new RegExp(`^EnvironmentFile=-/${environment}$`, 'm'));
  // Set with DCP, then corrected by what bos.sysctls says.
  t.regex(
    unit,
    new RegExp(`^ExecStartPre=-\\S+/systemd-sysctl /usr/lib/bhojpur/dcp-sysctl.conf ${sysctlFile}$`, 'm'),
  );
});

/** A local file, and what the boot makes of it: whether DCP is held. */
const localFile = test.macro(async (t, text: string, held: boolean) => {
  const fake = await node(t, 'live');
  await fake.write('var/lib/bhojpur/os/config.yaml', text);
  const run = (phase: RunPhase) =>
    runPhases(fake.host, { root: fake.root, print: () => {}, appliers: [dcpApplier], phases: [phase] });
  await run('boot');
  t.is(await there(fake, hold), held, text);
  if (!held) return;
  t.regex(
    await fake.read(hold),
    /^DCP is not started: \/var\/lib\/bhojpur\/os\/config\.yaml(:\d+:\d+)? is faulty/,
  );
  // Nothing is known better when the network is up: still no server of its own, and that is said.
  t.like(await run('runtime'), { failures: 1 });
  t.true(await there(fake, hold));
  t.false(fake.ran.some((line) => line.startsWith('systemctl')));
});
const holds: readonly string[] = [
  '\tno YAML',
  'bos: {server_url: "master:6443"}',
  'k3os: {server_url: "https://master:6443", token: x}',
  'bos: {server-url: "https://master:6443"}',
  'bos: {serverUrl: "https://master:6443"}',
  'bos: {k3s_args: [agent]}',
  'rancher: {k3s: {server_url: "https://master:6443"}}',
  'server_url: https://master:6443',
  'bos: [server_url]',
  'bos: {modules: [kvm]}\nbos: {server_url: "https://master:6443"}',
  // The first would make a cluster of its own, the second one that nobody can join.
  'bos: {dcp_args: [server, {--server: "https://first:6443"}]}',
  'bos: {dcp_args: [server, --etcd-expose-metrics, true]}',
  'bos: {dcp_args: [server, --server, [https://first:6443]]}',
  'bos: {dcp_args: [server, "a\\0b"]}',
  'bos: {dcp_args: server --tls-san "$NAME"}',
  'bos: {server_url: "https://master:6443", tokn: x}',
  'bos: {data_sources: [ec2]}',
  // Who may log in, over which network, and who may read the files.
  'ssh_authorized_keys: [github:]',
  'users: [{name: me, ssh_authorized_keys: [github:me]}]',
  'bos: {dns_nameservers: [dns.google]}',
  'write_files: [{path: /etc/key, permsisions: "0600"}]',
];
for (const text of holds) test(`DCP is held: ${text}`, localFile, text, true);
const starts: readonly string[] = [
  'bos: {sysctls: [a]}',
  'hostnam: a',
  'bos: {labels: {"bad key!": x}}',
  'packages: [curl]',
  'write_files: [{path: /usr/bin/x}]',
  'bos: {dcp_args: "--flannel-iface=eth0 --debug"}',
];
for (const text of starts) test(`DCP is not held: ${text}`, localFile, text, false);

test('what a later source says anew is settled', async (t) => {
  const fake = await node(t, 'live');
  await fake.write('bos/system/config.yaml', 'bos: {dcp_args: [agent, true], serverUrl: "https://a:6443"}\n');
  const run = () =>
    runPhases(fake.host, { root: fake.root, print: () => {}, appliers: [dcpApplier], phases: ['boot'] });
  await run();
  t.true(await there(fake, hold));
  await fake.write('var/lib/bhojpur/os/config.yaml', 'bos: {dcp_args: [agent, "true"]}\n');
  await run();
  t.true(await there(fake, hold));
  await fake.write('var/lib/bhojpur/os/config.d/50', 'bos: {server_url: "https://a:6443"}\n');
  await run();
  t.false(await there(fake, hold));
});

test('a DCP that runs is left alone by a fault that comes later', async (t) => {
  const fake = await node(t, 'live');
  const options = { root: fake.root, print: () => {}, appliers: [dcpApplier] };
  await fake.write('var/lib/bhojpur/os/config.yaml', 'bos: {server_url: "https://a:6443"}\n');
  await runPhases(fake.host, { ...options, phases: ['boot'] });
  const before = await fake.read(dropIn);
  await fake.write('var/lib/bhojpur/os/config.yaml', 'bos: {serverUrl: "https://a:6443"}\n');
  t.like(await runPhases(fake.host, { ...options, phases: ['runtime'] }), { failures: 1 });
  t.is(await fake.read(dropIn), before);
  t.false(fake.ran.some((line) => line.startsWith('systemctl')));
});

test('what somebody chooses for a live system settles what was faulty', async (t) => {
  const fake = await node(t, 'live');
  await fake.write('proc/cmdline', 'bos.serverUrl=https://a:6443 bos.dcp_args=x');
  const file = await planLocalFile(fake.host, fake.root, { role: 'server' });
  t.is(file.text, 'bos:\n  server_url: null\n  dcp_args: null\n');
  await fake.write(file.path, file.text);
  await runPhases(fake.host, { root: fake.root, print: () => {}, appliers: [dcpApplier], phases: ['boot'] });
  t.false(await there(fake, hold));
  // What has no effect would not be in the new file: it is not written over.
  await fake.write(file.path, 'hostnam: a\n');
  await t.throwsAsync(planLocalFile(fake.host, fake.root, { role: 'server' }), { code: 'config-invalid' });
});
