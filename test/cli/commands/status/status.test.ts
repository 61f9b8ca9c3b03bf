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

const status = (fake: FakeRoot, ...argv: readonly string[]) => runInside(fake, statusCommand, argv);

/** A root whose time stands still, so that what is shown is always the same. */
async function node(t: Parameters<typeof fakeRoot>[0], boot: Readonly<Record<string, string>> = {}) {
  const fake = await fakeRoot(t, { ...live, ...boot });
  await fake.write('proc/sys/kernel/hostname', 'node1\n');
  const clock = { ...fake.host.clock, now: () => Date.UTC(2026, 0, 2, 3, 4, 5), monotonic: () => 0 };
  return { ...fake, host: { ...fake.host, clock } };
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
  t.is(lines[0], 'system    Bhojpur OS 0.1.0, mode disk');
  t.deepEqual(lines.slice(3, 5), ['DCP       1.25.0', 'state     /dev/vda3']);
  t.is(lines[5], 'initrd    1 applied, 1 warning about its sources, 0.0 s, at 2026-01-02 03:04:05 UTC');
  t.deepEqual(lines.slice(8), [
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
  t.deepEqual(JSON.parse(out), {
    v: 1,
    mode: 'disk',
    hostname: 'node1',
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
