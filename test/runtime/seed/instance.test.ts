/** A seed through the phases of boots: what is applied with each, and what runs once for each instance. */
import test from 'ava';
import { recordedInstance } from '../../../src/config/seed/seed-layers.ts';
import type { Applier } from '../../../src/runtime/appliers/applier.ts';
import { applier } from '../../../src/runtime/appliers/applier.ts';
import {
  interfacesApplier,
  servicesFile,
} from '../../../src/runtime/appliers/network/interfaces/interfaces.ts';
import { runPhases } from '../../../src/runtime/phases/phases.ts';
import { readConfigStatus } from '../../../src/runtime/status/config-status.ts';
import { tool } from '../../formats/support.ts';
import type { FakeRoot } from '../fake-root.ts';
import { bootDisk } from './boot-disk.ts';

async function boot(fake: FakeRoot, appliers: readonly Applier[]): Promise<void> {
  await fake.host.files.remove(`${fake.root}/run/bos/seed`);
  for (const phases of [['initrd', 'boot'], ['runtime']] as const)
    await runPhases(fake.host, { phases, root: fake.root, print: () => {}, appliers });
}

/** What the keys say in each phase of a boot. */
async function seen(fake: FakeRoot): Promise<string[]> {
  const lines: string[] = [];
  const note = (key: 'hostname' | 'run_cmd' | 'bos.token') =>
    applier<typeof key>({
      key,
      apply: async ({ phase }, value) => void lines.push(`${phase} ${key} ${value}`),
    });
  await boot(fake, [note('hostname'), note('bos.token'), note('run_cmd')]);
  return lines;
}

async function edit(fake: FakeRoot, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await fake.write('tmp/file', text);
    tool('mcopy', '-o', '-i', `${fake.root}/dev/mmcblk0p1`, `${fake.root}/tmp/file`, `::/${name}`);
  }
}

const usual = [
  'initrd hostname a',
  'boot hostname a',
  'boot bos.token x',
  'runtime hostname a',
  'runtime bos.token x',
];
const userData = (command: string) =>
  `#cloud-config\nhostname: a\nbos: {token: x}\nrun_cmd: [uptime]\nruncmd:\n  - [echo, ${command}]\n`;

test('values act in all phases of every boot; runcmd once for an instance', async (t) => {
  const files = { 'user-data': userData('one'), 'meta-data': 'instance-id: i-1\n' };
  const fake = await bootDisk(t, [{ label: 'bootfs', files }]);
  t.deepEqual(await seen(fake), [...usual, 'runtime run_cmd uptime,echo one']);
  t.is(await recordedInstance(fake.host, fake.root), 'i-1');
  t.is(await fake.mode('var/lib/bhojpur/seed.json'), '644');
  const record = fake.effects.filter((line) =>
    /^(mkdir|create|replace) ROOT\/var\/lib\/bhojpur(\/seed|\s)/.test(line),
  );
  t.deepEqual(record.slice(-2), [
    'mkdir ROOT/var/lib/bhojpur 0755',
    'replace ROOT/var/lib/bhojpur/seed.json 0644',
  ]);
  t.deepEqual(await seen(fake), [...usual, 'runtime run_cmd uptime']);
  // Another content of the same instance: it was named to be the same.
  await edit(fake, { 'user-data': userData('two').replace('hostname: a', 'hostname: b') });
  t.deepEqual(await seen(fake), [...usual.map((line) => line.replace(' a', ' b')), 'runtime run_cmd uptime']);
  await edit(fake, { 'user-data': userData('two'), 'meta-data': 'instance-id: i-2\n' });
  t.deepEqual(await seen(fake), [...usual, 'runtime run_cmd uptime,echo two']);
  // The kernel command line is the last word.
  await fake.write('proc/cmdline', 'ds=nocloud;i=i-3\n');
  t.deepEqual(await seen(fake), [...usual, 'runtime run_cmd uptime,echo two']);
  t.deepEqual(await seen(fake), [...usual, 'runtime run_cmd uptime']);
});

test('without an instance-id every change is another instance', async (t) => {
  const fake = await bootDisk(t, [{ files: { 'user-data': userData('one') } }]);
  t.true((await seen(fake)).includes('runtime run_cmd uptime,echo one'));
  t.false((await seen(fake)).some((line) => line.includes('echo')));
  await edit(fake, { 'user-data': userData('two') });
  t.true((await seen(fake)).includes('runtime run_cmd uptime,echo two'));
});

test('a script runs once, with the line ends that its interpreter wants', async (t) => {
  const fake = await bootDisk(t, [{ files: { 'user-data': '\ufeff#!/bin/sh\r\ntouch /x\r\n' } }]);
  t.deepEqual(await seen(fake), ['runtime run_cmd /run/bos/seed/user-data']);
  t.deepEqual(await seen(fake), []);
  t.is(await fake.read('run/bos/seed/user-data'), '#!/bin/sh\ntouch /x\n');
  t.is(await fake.mode('run/bos/seed/user-data'), '700');
});

test('commands that were interrupted run again', async (t) => {
  const fake = await bootDisk(t, [{ files: { 'user-data': 'runcmd: [one]\n' } }]);
  const stop = new AbortController();
  const interrupted = applier({
    key: 'run_cmd',
    apply: async () => {
      stop.abort();
      throw new Error('stopped');
    },
  });
  const options = { phases: ['runtime'] as const, root: fake.root, print: () => {}, appliers: [interrupted] };
  await t.throwsAsync(runPhases(fake.host, { ...options, signal: stop.signal }), {
    code: 'config-interrupted',
  });
  t.is(await recordedInstance(fake.host, fake.root), undefined);
  t.deepEqual(await seen(fake), ['runtime run_cmd one']);
});

test('keys and networks of the operator stay; what the seed says of them comes on top', async (t) => {
  const fake = await bootDisk(t, [{ files: { 'user-data': 'hostname: a\nbos: {token: x}\n' } }]);
  await fake.write('bos/system/config.yaml', 'hostname: old\nrun_cmd: [date]\n');
  t.deepEqual(await seen(fake), [...usual, 'runtime run_cmd date']);
});

test('fixed addresses are there in the boot phase, and go with the seed', async (t) => {
  const network = 'version: 2\nethernets: {eth0: {addresses: [10.0.0.5/24], gateway4: 10.0.0.1}}\n';
  const fake = await bootDisk(t, [{ files: { 'network-config': network } }]);
  await boot(fake, [interfacesApplier]);
  t.regex(await fake.read(servicesFile), /IPv4=10\.0\.0\.5\/255\.255\.255\.0\/10\.0\.0\.1\n/);
  t.is(await fake.mode(servicesFile), '600');
  const { effects } = fake;
  t.deepEqual(
    effects.filter((line) => /^(mkdir|create|replace) ROOT\/var\/lib\/connman/.test(line)),
    ['mkdir ROOT/var/lib/connman 0755', 'replace ROOT/var/lib/connman/bos-network.config 0600'],
  );
  effects.length = 0;
  await boot(fake, [interfacesApplier]);
  t.deepEqual(
    effects.filter((effect) => effect.includes('connman')),
    [],
    'nothing is written twice',
  );
  await edit(fake, { 'network-config': 'version: 2\n' });
  await boot(fake, [interfacesApplier]);
  t.false(await fake.host.files.exists(`${fake.root}${servicesFile}`));
});

test('secrets of the seed are hidden, and its faults are in the status at the partition', async (t) => {
  const fake = await bootDisk(t, [{ files: { 'user-data': 'bos:\n  token: hunter22\n  tokn: hunter22\n' } }]);
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  await runPhases(fake.host, {
    phases: ['initrd', 'boot'],
    root: fake.root,
    print,
    appliers: [
      applier({ key: 'bos.token', apply: async (_, value) => Promise.reject(new Error(`no ${value}`)) }),
    ],
  });
  t.regex(
    lines.join('\n'),
    /bos\.tokn: is not a key; did you mean bos\.token\? \(user-data on \/dev\/mmcblk0p1:3:3\)/,
  );
  t.false(`${lines}${await fake.read('var/log/bos/config.log')}`.includes('hunter22'));
  const status = await readConfigStatus(fake.host, fake.root);
  t.true(JSON.stringify(status).includes('user-data on /dev/mmcblk0p1'));
});
