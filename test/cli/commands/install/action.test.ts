/** `opsctl install` as typed, on a machine in memory. */

import test from 'ava';
import { commands } from '../../../../src/cli/commands/index.ts';
import type { Plan } from '../../../../src/plan/plan.ts';
import { type Step, stepSchema } from '../../../../src/steps/index.ts';
import type { FakeSetup } from '../../../fakes/host.ts';
import { readEvents } from '../../read-events.ts';
import { runProgram } from './fake-world.ts';
import { block, type LiveSetup, liveMachine } from './live-machine.ts';

async function opsctl(line: string, setup: LiveSetup = {}, more: FakeSetup = {}) {
  const host = liveMachine(setup, more);
  const { exitCode: exit, out, err } = await runProgram(line.split(' '), { host, commands });
  return { exit, out, err, ran: host.ran.filter((one) => !/^(lsblk|wipefs) /.test(one)) };
}

test('a dry run prints the plan and touches nothing', async (t) => {
  const { exit, out, ran } = await opsctl('install --dry-run');
  t.is(exit, 0);
  t.regex(out, /Plan for \/dev\/vda \(21\.5 GB, serial serial-of-vda\):/);
  t.regex(out, /\[destroys data\]/);
  t.true(out.split('\n').every((line) => line.length <= 80));
  t.notRegex(out, /secret/);
  t.deepEqual(ran, []);
});

test('with --json the plan is an event and so is the result', async (t) => {
  const { exit, out } = await opsctl('install --dry-run --json');
  t.is(exit, 0);
  const events = readEvents(out);
  t.deepEqual(
    events.map((one) => one.type),
    ['plan', 'result'],
  );
  // Everything that would be carried out, as data.
  const [planned] = events;
  if (planned?.type !== 'plan') return t.fail();
  const { steps } = planned.plan as Plan<Step>;
  t.deepEqual(
    steps.map(({ id, kind }) => ({ id, kind })),
    planned.steps.map(({ id, kind }) => ({ id, kind })),
  );
  for (const step of steps) t.notThrows(() => stepSchema.parse(step), step.id);
  t.notRegex(out, /secret/);
});

const refused = test.macro(
  async (t, line: string, setup: Parameters<typeof opsctl>[1], exit: number, says: RegExp) => {
    const ended = await opsctl(line, setup);
    t.is(ended.exit, exit);
    t.regex(ended.err.replaceAll(/\s+/g, ' '), says);
    t.deepEqual(ended.ran, []);
  },
);
test(
  'an installed system refuses',
  refused,
  'install',
  { mode: 'disk' },
  3,
  /installed Bhojpur OS.*only in a live system/,
);
test('nobody to ask', refused, 'install', {}, 3, /not a terminal.*--silent/);
const two = [block('vda'), block('vdb')];
test(
  'nobody to ask which disk',
  refused,
  'install',
  { disks: two },
  3,
  /\/dev\/vda.*\/dev\/vdb.*opsctl install DEVICE/,
);
test('several disks, silent', refused, 'install --silent', { disks: two }, 3, /\/dev\/vda.*\/dev\/vdb/);
test('a disk that does not exist', refused, 'install /dev/vdz --silent', {}, 3, /\/dev\/vdz is not a disk/);
test(
  'a disk too small',
  refused,
  'install /dev/vda --silent',
  { disks: [block('vda', { size: 1e9 })] },
  3,
  /1 GB.*needs 2\.5 GB/,
);
test('no login', refused, 'install /dev/vda --silent', { commandLine: '' }, 3, /Nobody could log in/);
test(
  'no format, of a whole disk',
  refused,
  'install --no-format /dev/vda',
  {},
  3,
  /is a whole disk, but --no-format installs to a partition/,
);
test(
  'an ISO_URL that cannot be reached',
  refused,
  'install /dev/vda https://example.com/bos.iso --silent',
  {},
  3,
  /example\.com\/bos\.iso cannot be reached.* 8 attempts/,
);
for (const line of ['install /dev/vda http://example.com/bos.iso --silent', 'install /dev/vda ftp://a/b.iso'])
  test(`${line}: nothing verifies it`, refused, line, {}, 3, /Nothing verifies the ISO.*--insecure/);
test(
  'an ISO of the command line over http, without consent to it there',
  refused,
  'install --from-command-line',
  { mode: 'install', commandLine: 'bos.install.silent bos.password=x bos.install.iso_url=tftp://a/b.iso' },
  3,
  /comes over tftp.*bos\.install\.insecure/,
);
test(
  'consent to it: the server is asked',
  refused,
  'install --from-command-line',
  {
    mode: 'install',
    commandLine: 'bos.install.silent bos.password=x bos.install.iso_url=http://a/b.iso bos.install.insecure',
  },
  3,
  /http:\/\/a\/b\.iso cannot be reached/,
);
test(
  'a kernel command line with a fault',
  refused,
  'install',
  { commandLine: 'bos.install.silent=maybe' },
  2,
  /kernel command line:1:1: bos\.install\.silent: expected true, false/,
);
test(
  'the installer of the command line, with a config that does not exist',
  refused,
  'install --from-command-line',
  {
    mode: 'install',
    commandLine: 'bos.install.silent bos.install.device=/dev/vda bos.install.config_url=file:///none.yaml',
  },
  3,
  /\/none\.yaml cannot be read/,
);

// What the config.yaml of the medium says to the installer.
const file = '/bos/system/config.yaml';
const medium = (text: string): FakeSetup => ({ files: { [file]: text } });
const own =
  'bos:\n  password: hunter2\n  install:\n    silent: true\n    device: /dev/vda\n    power_off: true\n';

test("the medium's file makes an installation unattended, and is what is installed", async (t) => {
  const setup = { mode: 'install', commandLine: 'bos.mode=install\n' };
  const { exit, out, err } = await opsctl('install --from-command-line --dry-run', setup, medium(own));
  t.is(exit, 0, err);
  t.regex(err, /^bos\.install\.silent is from the medium: \/bos\/system\/config\.yaml:4:5$/m);
  t.regex(err, /^bos\.install\.device is from the medium: .*:5:5$/m);
  t.notRegex(err, /no effect/);
  t.regex(out, /Plan for \/dev\/vda/);
  t.notRegex(out + err, /hunter2/);
});

test('the command line wins over the medium, key by key', async (t) => {
  const commandLine = 'bos.mode=install bos.install.device=/dev/vdb bos.install.silent=false\n';
  const setup = { mode: 'install', commandLine, disks: two };
  const { exit, err } = await opsctl('install --from-command-line', setup, medium(own));
  t.is(exit, 3);
  // Not silent, it is not the file that would be installed.
  t.regex(err, /Nobody could log in/);
  t.notRegex(err, /install\.(device|silent) is from/);
});

test("the medium's file is no consent of a person who types a command", async (t) => {
  const { exit, err } = await opsctl('install', {}, medium(own));
  t.is(exit, 3);
  t.regex(err, /not a terminal/);
});

test("a faulty key of the installer in the medium's file stops it", async (t) => {
  const setup = { mode: 'install', commandLine: 'bos.mode=install\n' };
  for (const [text, says] of [
    ['bos: {install: {silent: true, device: vda}}', /config\.yaml:1:\d+: bos\.install\.device: expected/],
    ['bos: {install: {silent: true, devise: /dev/vda}}', /bos\.install\.devise: is not a key; did you mean/],
    ['bos:\n install:\n  silent: true\n   device: /dev/vda\n', /config\.yaml:4:4: is indented by 3 blanks/],
  ] as const) {
    const { exit, err } = await opsctl('install --from-command-line', setup, medium(text));
    t.is(exit, 2, err);
    t.regex(err, says);
  }
  const elsewhere = `${own}run_cmd: [{a: b}]\n`;
  const { exit, err } = await opsctl('install --from-command-line --dry-run', setup, medium(elsewhere));
  t.is(exit, 2, 'it is to be installed');
  t.regex(err, /run_cmd\[0\]/);
});
