/** `opsctl status` in systems whose configuration was applied well, badly and not at all. */
import test from 'ava';
import { statusCommand } from '../../../../src/cli/commands/status/command.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { runPhases } from '../../../../src/runtime/phases/phases.ts';
import { type FakeRoot, fakeRoot } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';
import { runProgram } from '../install/fake-world.ts';

const live = {
  medium: '/dev/sr0',
  mediumRoot: '/run/bos/medium',
  kernel: '6.1.0-56-amd64',
  os: '0.1.0',
  dcp: '',
};

/** Of a key made for this; its fingerprint is what `ssh-keygen -l` says of it. */
const hostKey = 'AAAAC3NzaC1lZDI1NTE5AAAAILmTADlUVNlfsML6bt+BHyTEaNB3EkfgZLTTYzadTSr+';
const hostKeys = [
  'ED25519 SHA256:dWFmzuxOOaPDPrdIwmFNAOSjmbv4MMAfMTtDUkIxwZA',
  'ECDSA SHA256:W3GojfcnWBPQZevwTq4JFLVkP54EB5N+tDKvG2jZwCA',
];

const status = (fake: FakeRoot, ...argv: readonly string[]) => runInside(fake, statusCommand, argv);

/** A root whose time stands still, so that what is shown is always the same. */
async function node(t: Parameters<typeof fakeRoot>[0], boot: Readonly<Record<string, string>> = {}) {
  const fake = await fakeRoot(t, { ...live, ...boot });
  await fake.write('proc/sys/kernel/hostname', 'node1\n');
  const key = Buffer.from('not a real key').toString('base64');
  await fake.write('etc/ssh/ssh_host_ecdsa_key.pub', `ecdsa-sha2-nistp256 ${key} \n`);
  await fake.write('etc/ssh/ssh_host_ed25519_key.pub', `ssh-ed25519 ${hostKey}\n`);
  const clock = { ...fake.host.clock, now: () => Date.UTC(2026, 0, 2, 3, 4, 5), monotonic: () => 0 };
  const system = { ...fake.host.system, addresses: () => ['192.0.2.7', '2001:db8::7'] };
  return { ...fake, host: { ...fake.host, clock, system } };
}

async function apply(fake: FakeRoot, ...phases: RunPhase[]) {
  await runPhases(fake.host, { phases, root: fake.root, print: () => {} });
}

test('elsewhere it refuses', async (t) => {
  const { exitCode, out, err } = await runProgram(['status'], { commands: [statusCommand] });
  t.is(exitCode, 3);
  t.is(out, '');
  t.regex(err, /^error: This system is not Bhojpur OS$/m);
});

test('before any phase has run', async (t) => {
  const { exitCode, out, err } = await status(await node(t));
  t.deepEqual({ exitCode, err }, { exitCode: 0, err: '' });
  t.is(
    out,
    [
      'system    Bhojpur OS 0.1.0, live',
      'hostname  node1',
      'address   192.0.2.7, 2001:db8::7',
      'ssh       ssh bhojpur@192.0.2.7',
      `host key  ${hostKeys[0]}`,
      'kernel    6.1.0-56-amd64',
      'DCP       none',
      'state     none: nothing is kept after this boot',
      'initrd    has not run yet',
      'boot      has not run yet',
      'runtime   has not run yet',
      '',
    ].join('\n'),
  );
});

test('all well: warnings change the text and not the exit code', async (t) => {
  const fake = await node(t, { mode: 'disk', state: '/dev/vda3', dcp: '1.25.0' });
  await fake.write('proc/cmdline', 'hostname=node1 bos.hostnam=x');
  await apply(fake, 'initrd');
  const { exitCode, out } = await status(fake);
  t.is(exitCode, 0);
  const lines = out.split('\n');
  t.is(lines[0], 'system       Bhojpur OS 0.1.0, mode disk');
  t.deepEqual(lines.slice(6, 8), ['DCP          1.25.0', 'state        /dev/vda3']);
  // The machine of this test has no disks.
  t.regex(lines[8] ?? '', /^deployments {2}not known: .*vda3/);
  t.is(lines[9], 'initrd       1 applied, 1 warning about its sources, 0.0 s, at 2026-01-02 03:04:05 UTC');
  t.deepEqual(lines.slice(12), [
    '',
    'Faults:',
    '  initrd: kernel command line:1:16: warning: bos.hostnam: is not a key; did you mean hostname?',
    '',
  ]);
});

test('a faulty source: each fault once, with the phases that met it', async (t) => {
  const fake = await node(t);
  await fake.write('bos/system/config.yaml', 'hostname: a b\nbos: {password: [x]}\n');
  await apply(fake, 'initrd', 'boot');
  const { exitCode, out } = await status(fake);
  t.is(exitCode, 2);
  t.regex(out, /^initrd {4}0 applied, 2 errors in its sources, /m);
  t.deepEqual(out.split('\n').slice(-4), [
    'Faults:',
    '  initrd, boot: /bos/system/config.yaml:1:11: hostname: expected a host name: letters, digits, dots and inner hyphens, at most 64 characters',
    '  initrd, boot: /bos/system/config.yaml:2:17: bos.password: expected a string, found a list',
    '',
  ]);
});

test('a key that failed weighs more than a faulty source, and keeps its lines together', async (t) => {
  const fake = await node(t);
  fake.failing.add('openssl');
  await fake.write('proc/cmdline', 'bos.password=hunter2 bos.install.silent=x');
  await apply(fake, 'runtime');
  const { exitCode, out } = await status(fake);
  t.is(exitCode, 5);
  t.regex(out, /^runtime {3}0 applied, 1 failed, 1 error in its sources, /m);
  t.regex(out, /^ {2}runtime: bos\.password: openssl failed$/m);
  t.false(out.includes('hunter2'));
});

test('--json: one object with everything', async (t) => {
  const fake = await node(t, { mode: 'disk', state: '/dev/vda3' });
  fake.failing.add('openssl');
  await fake.write('proc/cmdline', 'bos.password=hunter2');
  await apply(fake, 'initrd');
  const { exitCode, out, err } = await status(fake, '--json');
  t.deepEqual({ exitCode, err }, { exitCode: 5, err: '' });
  const { upgrades, ...rest } = JSON.parse(out);
  t.like(upgrades, { deployments: [], tries: [] });
  t.deepEqual(rest, {
    v: 1,
    mode: 'disk',
    hostname: 'node1',
    addresses: ['192.0.2.7', '2001:db8::7'],
    hostKeys,
    kernel: '6.1.0-56-amd64',
    os: '0.1.0',
    dcp: '',
    state: '/dev/vda3',
    ephemeral: false,
    configuration: {
      phases: {
        initrd: {
          at: '2026-01-02T03:04:05.000Z',
          durationMs: 0,
          applied: 0,
          failed: 1,
          faults: [{ severity: 'error', kind: 'action', key: 'bos.password', message: 'openssl failed' }],
        },
      },
    },
  });
});

test('an unattended installation that failed, and one that ended well', async (t) => {
  const fake = await node(t);
  const failed = { v: 1, ok: false, exitCode: 3, message: 'The disk is too small', details: ['it has 1 GB'] };
  await fake.write('run/bos/install.json', JSON.stringify(failed));
  const { exitCode, out } = await status(fake);
  t.is(exitCode, 3);
  t.regex(out, /^installation {2}failed: The disk is too small\n {2}it has 1 GB\n/m);
  t.like(JSON.parse((await status(fake, '--json')).out), {
    installation: failed,
    addresses: ['192.0.2.7', '2001:db8::7'],
  });
  await fake.write('run/bos/install.json', '{"v":1,"ok":true,"exitCode":0,"message":"done"}');
  t.regex((await status(fake)).out, /^installation {2}complete$/m);
  // What another version wrote, or a power cut left, is no reason for having no status.
  await fake.write('run/bos/install.json', '{"v":2');
  t.notRegex((await status(fake)).out, /installation/);
});
