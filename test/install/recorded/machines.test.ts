/**
 * Plans and refusals for odd machines, from their recorded facts: as typed on a machine that is none of them, by a user
 * who may do nothing. What changes here is what people with such machines will see.
 */

import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { commands } from '../../../src/cli/commands/index.ts';
import { recordFacts } from '../../../src/install/recorded/facts.ts';
import { parseManifest, renderManifest } from '../../../src/media/manifest.ts';
import { runProgram } from '../../cli/commands/install/fake-world.ts';
import { readEvents } from '../../cli/read-events.ts';
import { fakeHost } from '../../fakes/host.ts';
import { facts, liveHost, manifest } from '../fixtures.ts';

const folder = new URL('machines/', import.meta.url);
const recorded = readdirSync(folder).map((name) => name.replace(/\.json$/, ''));

async function opsctl(line: readonly string[], text: string) {
  const host = fakeHost({ files: { 'machine.json': text, 'config.yaml': 'bos:\n  password: a secret\n' } });
  const user = { ...host, system: { ...host.system, uid: 1000 } };
  const { exitCode: exit, ...written } = await runProgram(line, { host: user, commands });
  return { exit, ...written, ran: host.ran };
}

const typed = (words: string) => ['install', ...words.split(' ').filter((word) => word !== '')];
const fixed = ['--facts', 'machine.json', '--dry-run', '--config', 'config.yaml'];

const planned = test.macro({
  exec: async (t, machine: string, words: string) => {
    const text = readFileSync(new URL(`${machine}.json`, folder), 'utf8');
    const { exit, out, err, ran } = await opsctl([...typed(words), ...fixed], text);
    t.deepEqual(ran, [], 'nothing is run');
    t.notRegex(out + err, /a secret/);
    // Filling the state partition is the same on all of them.
    const plan = out.replace(/^ *\d+\. Copy the system[\s\S]*?(?=^ *\d+\. Unmount)/m, '      ...\n');
    t.snapshot(`exit code ${exit}\n${err}${plan}`);
    seen.add(machine);
  },
  title: (_title, machine, words) => `${machine}: opsctl install ${words}`.trim(),
});
const seen = new Set<string>();

test(planned, 'nvme-and-usb-stick', '');
test(planned, 'nvme-and-usb-stick', '--silent');
test(planned, 'nvme-and-usb-stick', '--silent --wipe');
test(planned, 'nvme-and-usb-stick', '/dev/sda --silent');
test(planned, 'nvme-and-usb-stick', '/dev/nvme0n1p2 --silent');
test(planned, 'raid-active', 'serial=ZDH1 --silent');
test(planned, 'raid-active', 'largest --silent');
test(planned, 'raid-mounted', 'serial=ZDH1 --silent');
test(planned, 'lvm-leftovers', '/dev/sda --silent');
test(planned, 'lvm-active-with-swap', '/dev/vda --silent');
test(planned, '4kn-efi', '--silent');
test(planned, '4kn-bios', '--silent');
test(planned, '4kn-bios', '--silent --force-efi');
test(planned, 'mmc', 'transport=mmc --silent --wipe');
test(planned, 'multipath', 'serial=36001405 --silent');
test(planned, 'no-disks', '--silent');
test(planned, 'loop', '--silent');
test(planned, 'three-terabytes-bios', 'size>=3T --silent');
test(planned, 'three-of-a-model', '--silent');
test(planned, 'three-of-a-model', 'model=SAMSUNG* --silent');
test(planned, 'three-of-a-model', 'smallest --silent');
test(planned, 'three-of-a-model', 'serial=S45NNA0M2 --silent');
test(planned, 'already-installed', '--silent');
test(planned, 'already-installed', '/dev/vda --silent --tty ttyS0');
test(planned, 'unfinished', '--silent');
test(planned, 'read-only-and-small', '--silent');
test(planned, 'luks-and-zfs', '/dev/sda --silent');
test(planned, 'luks-and-zfs', '/dev/sda --var-device serial=Z1 --silent');
test(planned, 'luks-and-zfs', '/dev/sda --var-device largest --silent');
test(planned, 'luks-and-zfs', '/dev/sda --var-device /dev/sda --silent');
test(planned, 'luks-and-zfs', '/dev/sdb --silent');
test(planned, 'not-live', '/dev/sda --silent');
test(planned, 'linux-msdos-bios', '/dev/sda2 --no-format --silent');
test(planned, 'linux-msdos-bios', '/dev/disk/by-id/S1-part2 --no-format --silent --force-efi');
test(planned, 'linux-msdos-bios', '/dev/sda --no-format --silent');
test(planned, 'linux-msdos-bios', '/dev/sda3 --no-format --silent');
test(planned, 'linux-msdos-bios', 'serial=S1 --no-format --silent');
test(planned, 'linux-msdos-bios', '--no-format --silent');
test(planned, 'linux-msdos-bios', '/dev/sdb1 --no-format --silent');
test(planned, 'msdos-no-gap', '--no-format --silent');
test(planned, 'windows-and-linux-efi', '/dev/nvme0n1p3 --no-format --silent');
test(planned, 'windows-and-linux-efi', '/dev/nvme0n1p4 --no-format --silent');
test(planned, 'gpt-bios', '--no-format --silent');
test(planned, 'gpt-bios', '/dev/vdb1 --no-format --silent');
test(planned, 'two-states', '--no-format --silent');
test(planned, 'two-states', '/dev/vda2 --no-format --silent');
test(planned, 'two-states', '/dev/vdb1 --no-format --silent');
test(planned, 'already-installed', '/dev/vda3 --no-format --silent');
test(planned, 'lvm-active-with-swap', '/dev/mapper/vg-root --no-format --silent');
test(planned, 'raid-mounted', '/dev/md127 --no-format --silent');
test(planned, 'raid-active', '/dev/md127 --no-format --silent');
test(planned, 'lvm-on-mirror-bios', '--no-format --silent');
test(planned, 'mirror-bios', '--no-format --silent');

test('facts of an older version do not say what activates LVM: no plan that lacks it', async (t) => {
  const machine = JSON.parse(readFileSync(new URL('lvm-active-with-swap.json', folder), 'utf8'));
  delete machine.medium.volumeTools;
  const line = [...typed('/dev/mapper/vg-root --no-format --silent'), ...fixed];
  const { exit, err, out } = await opsctl(line, JSON.stringify(machine));
  t.is(exit, 3);
  t.is(out, '');
  t.regex(err, /activate LVM.*\nhint: Record them/s);
});

test.after('every recorded machine has a plan or a refusal', (t) => {
  t.deepEqual([...seen].toSorted(), recorded.toSorted());
});

test('the plan for recorded facts as events', async (t) => {
  const text = readFileSync(new URL('unfinished.json', folder), 'utf8');
  const { exit, out } = await opsctl([...typed('--json'), ...fixed], text);
  t.is(exit, 0);
  const events = readEvents(out);
  t.deepEqual(
    events.map((one) => one.type),
    ['plan', 'result'],
  );
});

test('what facts prints in a live system is what can be planned from', async (t) => {
  const text = JSON.stringify(await recordFacts(liveHost(), facts()));
  t.deepEqual(JSON.parse(text).medium.manifest, parseManifest(renderManifest(manifest), ''));
  t.is((await opsctl([...typed('--silent'), ...fixed], text)).exit, 0);
});

test('a medium that nothing could be installed from is left out', async (t) => {
  const host = liveHost({ files: { '/usr/lib/bhojpur/boot/core.img': undefined } });
  t.deepEqual(await recordFacts(host, facts()), facts());
  const { exit, err } = await opsctl([...typed('--silent'), ...fixed], JSON.stringify(facts()));
  t.is(exit, 3);
  t.regex(err, /do not include a medium/);
});

const lineOf = (words: string) => ['--facts', 'machine.json', '--dry-run', '--cmdline', words];
const config = 'bos.password=hunter2';

test('a kernel command line for a recorded machine: what it would do unattended', async (t) => {
  const text = readFileSync(new URL('nvme-and-usb-stick.json', folder), 'utf8');
  const full = `bos.mode=install bos.install.silent bos.install.device=/dev/nvme0n1 ${config} console=ttyS1`;
  const { exit, out, err } = await opsctl([...typed(''), ...lineOf(full)], text);
  t.is(exit, 0, err);
  t.is(err, '');
  t.regex(out, /Plan for \/dev\/nvme0n1/);
  const events = await opsctl([...typed('--json'), ...lineOf(full)], text);
  t.regex(events.out, /console=ttyS1/);
  t.notRegex(events.out, /hunter2/);

  const asks = await opsctl([...typed(''), ...lineOf(`bos.install.device=/dev/nvme0n1 ${config}`)], text);
  t.is(asks.exit, 0);
  t.regex(
    asks.err,
    /kernel command line: warning: bos\.mode: is not install, so the installer would not start/,
  );
  t.regex(asks.err, /warning: bos\.install\.silent: is not given, so the installer would ask/);

  const faulty = await opsctl([...typed(''), ...lineOf(`${full} bos.serverUrl=https://a:6443`)], text);
  t.is(faulty.exit, 2);
  t.regex(faulty.err, /bos\.serverUrl: is not a key; write bos\.server_url/);

  // Consent is what the line says, as it would be for the installer that it starts.
  const noConsent = await opsctl(
    [...typed(''), ...lineOf(`bos.mode=install bos.install.silent ${config}`)],
    text,
  );
  const wiped = await opsctl(
    [...typed(''), ...lineOf(`bos.mode=install bos.install.silent bos.install.wipe ${config}`)],
    text,
  );
  t.deepEqual([noConsent.exit, wiped.exit], [3, 0], noConsent.err + wiped.err);
});

const wrong = test.macro({
  exec: async (t, line: readonly string[], text: string, exitCode: number, words: RegExp) => {
    const { exit, err, out } = await opsctl([...typed(''), ...line], text);
    t.is(exit, exitCode);
    t.is(out, '');
    t.regex(err.replaceAll(/\s+/g, ' '), words);
  },
  title: (title) => `recorded facts, refused: ${title}`,
});
test('without a dry run', wrong, ['--facts', 'machine.json', '--silent'], '{}', 2, /needs --dry-run/);
test(
  'a command line without a dry run',
  wrong,
  ['--facts', 'machine.json', '--cmdline', 'quiet'],
  '{}',
  2,
  /--cmdline only shows what would happen and needs --dry-run/,
);
test(
  'no file',
  wrong,
  ['--facts', 'none.json', '--dry-run'],
  '{}',
  3,
  /none\.json cannot be read: it does not exist/,
);
test('no JSON', wrong, fixed, 'facts', 2, /machine\.json is not JSON/);
test(
  'no facts',
  wrong,
  fixed,
  '{"v": 2, "arch": "vax"}',
  2,
  /not contain facts .* v: .* arch: .* hint: Record them/,
);
test('a strange device', wrong, ['vda', ...fixed], '{}', 2, /device: expected a path such as \/dev\/vda/);
