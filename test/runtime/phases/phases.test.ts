import { join } from 'node:path';
import test from 'ava';
import { boardKernel } from '../../../src/boot/deployment.ts';
import { statePath } from '../../../src/boot/installed-environment.ts';
import { overlayFiles } from '../../../src/media/overlay.ts';
import type { Applier, RunPhase } from '../../../src/runtime/appliers/applier.ts';
import { applier } from '../../../src/runtime/appliers/applier.ts';
import { growMarker } from '../../../src/runtime/boot/image-markers.ts';
import { runPhases } from '../../../src/runtime/phases/phases.ts';
import { formatFault, readConfigStatus } from '../../../src/runtime/status/config-status.ts';
import type { FakeRoot } from '../fake-root.ts';
import { fakeRoot, real } from '../fake-root.ts';

const run = async (fake: FakeRoot, phases: readonly RunPhase[], appliers?: readonly Applier[]) => {
  const lines: string[] = [];
  const options = {
    phases,
    root: fake.root,
    print: (line: string) => lines.push(line.replaceAll(fake.root, 'ROOT')),
  };
  const result = await runPhases(fake.host, appliers === undefined ? options : { ...options, appliers });
  return { ...result, lines };
};
const onDisk = { mode: 'disk', state: '/dev/vda3' };
const fine = { faults: 0, failures: 0, stateFailed: false, lines: [] as string[] };

test('not Bhojpur OS: refused before anything is read', async (t) => {
  const fake = await fakeRoot(t);
  await real.files.remove(join(fake.root, 'run/bos/boot.json'));
  await t.throwsAsync(run(fake, ['runtime']), { code: 'not-bhojpur-os' });
});

test('a key acts in the phases of the table and in no other', async (t) => {
  const seen: string[] = [];
  const record = (key: 'hostname' | 'boot_cmd' | 'run_cmd' | 'init_cmd' | 'bos.token') =>
    applier<typeof key>({ key, apply: async ({ phase }) => void seen.push(`${phase} ${key}`) });
  const fake = await fakeRoot(t);
  await fake.write(
    'bos/system/config.yaml',
    'init_cmd: [a]\nboot_cmd: [a]\nrun_cmd: [a]\nhostname: a\nbos: {token: x}\n',
  );
  const all = [
    record('hostname'),
    record('init_cmd'),
    record('boot_cmd'),
    record('run_cmd'),
    record('bos.token'),
  ];
  t.like(await run(fake, ['initrd', 'boot'], all), fine);
  t.like(await run(fake, ['runtime'], all), fine);
  t.deepEqual(seen, [
    ...['initrd hostname', 'initrd init_cmd'],
    ...['boot hostname', 'boot boot_cmd', 'boot bos.token'],
    ...['runtime hostname', 'runtime run_cmd', 'runtime bos.token'],
  ]);
});

test('what fails is reported, logged without secrets, and stops nothing', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(
    'proc/cmdline',
    'bos.modules=a bos.password=hunter2 hostname=b bos.hostnam=c bos.install.silent=x',
  );
  const result = await run(
    fake,
    ['boot'],
    [
      applier({
        key: 'bos.modules',
        apply: async () => Promise.reject(new Error('no module a for hunter2')),
      }),
      applier({ key: 'hostname', apply: async () => {} }),
    ],
  );
  t.deepEqual(result, {
    faults: 1,
    failures: 1,
    stateFailed: false,
    lines: [
      'bos: config: bos.hostnam: is not a key; did you mean hostname? (kernel command line:1:47)',
      'bos: config: bos.install.silent: expected true, false or no value (kernel command line:1:61)',
      'bos: boot: bos.modules: no module a for (hidden)',
    ],
  });
  const log = (await fake.read('var/log/bos/config.log'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(log.at(-2), {
    v: 1,
    level: 'error',
    phase: 'boot',
    key: 'bos.modules',
    message: 'no module a for (hidden)',
  });
  t.like(log.at(-1), { level: 'info', phase: 'boot', key: 'hostname' });
});

test('the state is mounted, then grown, then told of an overlay: each needs what comes before it', async (t) => {
  const fake = await fakeRoot(t, { ...onDisk, kernel: boardKernel, os: '0.1.0' });
  await fake.write(growMarker, '');
  await fake.write(join(statePath, overlayFiles.unpacked), 'one\n');
  await run(fake, ['boot'], []);
  const steps = ['run mount', 'run resize2fs', `replace ROOT${statePath}`];
  const seen = fake.effects.flatMap((line) => steps.find((step) => line.startsWith(step)) ?? []);
  // Writable, and the three folders of data.
  t.deepEqual(seen, [...Array(4).fill(steps[0]), ...steps.slice(1)], fake.effects.join('\n'));
});

test('what is wrong with the sources is said once in a boot, and to whoever applies them later', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  const local = 'run/bos/state/bos/data/var/lib/bhojpur/os/config.yaml';
  await fake.write('proc/cmdline', 'bos.hostnam=c bos.password=hunter2 bos.data_sources=cdrom');
  await fake.write(local, 'hostname: hunter2 x\n');
  const warning = 'bos: config: bos.hostnam: is not a key; did you mean hostname? (kernel command line:1:1)';
  const early = await run(fake, ['initrd', 'boot'], []);
  t.is(early.lines.length, 2);
  t.is(early.lines[0], warning);
  t.regex(early.lines[1] ?? '', /^bos: config: hostname: .* \(\/var\/lib\/bhojpur\/os\/config\.yaml:1:11\)$/);

  // /var is mounted by now, and a fault of a cloud's is new.
  await fake.write('proc/self/mountinfo', '24 22 254:3 /bos/data/var /var rw - ext4 /dev/vda3 rw\n');
  await real.files.remove(join(fake.root, 'run/bos/state'));
  await fake.write(local.replace('run/bos/state/bos/data/', ''), 'hostname: hunter2 x\n');
  await fake.write('run/config/provider', 'cdrom\n');
  await fake.write('run/config/userdata', '#cloud-config\nbos: {moduls: [x]}\n');
  const runtime = await run(fake, ['runtime'], []);
  t.like(runtime, { faults: 1, failures: 0 });
  t.is(runtime.lines.length, 3, runtime.lines.join('\n'));
  t.regex(runtime.lines[1] ?? '', /^bos: config: bos\.moduls: is not a key/);
  t.is(runtime.lines[2], 'bos: config: there are faults, reported earlier: see opsctl status');
  const { phases } = await readConfigStatus(fake.host, fake.root);
  t.is(phases.runtime?.faults.length, 4);
  t.deepEqual(
    phases.initrd?.faults.filter(
      (fault) => !phases.runtime?.faults.some((one) => formatFault(one) === formatFault(fault)),
    ),
    [],
    'what the phases share has one name',
  );

  const byHand = await run(fake, ['runtime'], []);
  t.is(byHand.lines.length, 4);
  t.is(byHand.lines[1], warning);
});

test('first boot of an installed system', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  t.like(await run(fake, ['initrd', 'boot']), fine);
  const data = 'run/bos/state/bos/data';
  t.deepEqual(
    fake.ran.filter((line) => line.startsWith('mount')),
    [
      'mount -o remount,rw ROOT/run/bos/state',
      `mount --bind ROOT/${data}/home ROOT/home`,
      `mount --bind ROOT/${data}/var ROOT/var`,
      `mount --bind ROOT/${data}/opt ROOT/opt`,
    ],
  );
  t.deepEqual(await real.files.list(join(fake.root, data)), ['home', 'opt', 'var']);
  t.deepEqual(await real.files.list(join(fake.root, data, 'var')), ['lib', 'local']);
  t.is(await fake.read(`${data}/home/bhojpur/.profile`), 'umask 022\n');
  t.is(await fake.mode(`${data}/home/bhojpur`), '750');
  t.true(fake.ran.some((line) => line.startsWith('chown -R')));
});

test('a boot phase: one process at a time; state, then identity, then the log of both, then the keys', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  await fake.write('proc/cmdline', 'hostname=b');
  const key = applier({ key: 'hostname', apply: async () => void fake.effects.push('the keys') });
  await run(fake, ['boot'], [key]);
  const log = 'ROOT/var/log/bos/config.log';
  const steps = [
    'symlink ROOT/run/bos/config.lock',
    'run mount --bind ROOT/run/bos/state/bos/data/var ROOT/var',
    'replace ROOT/etc/machine-id 0444',
    'mkdir ROOT/var/log/bos 0755',
    `write ${log}`,
    'the keys',
    'replace ROOT/run/bos/config-status.json 0644',
    `write ${log}`,
    'remove ROOT/run/bos/config.lock',
  ];
  const seen = fake.effects.flatMap((line) => steps.find((step) => line.startsWith(step)) ?? []);
  // The folder of the log is asked for each time.
  t.deepEqual(
    seen.filter((line, index) => !line.startsWith('mkdir') || seen.indexOf(line) === index),
    steps,
  );
  t.true(fake.effects.indexOf('mkdir ROOT/var/log/bos 0755') < fake.effects.indexOf('the keys'));
});

test('a secret is in no line, no log and no status, whoever repeats it', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'bos.password=hunter2 hostname=hunter2_x bos.token=hunter3 run_cmd=true');
  const leaking = applier({
    key: 'bos.token',
    apply: (_, token) => Promise.reject(new Error(`bad ${token}`)),
  });
  const telling = applier({ key: 'run_cmd', apply: async ({ log }) => log?.('hunter2 and hunter3') });
  const { lines } = await run(fake, ['boot', 'runtime'], [leaking, telling]);
  const status = await fake.read('run/bos/config-status.json');
  const log = await fake.read('var/log/bos/config.log');
  for (const text of [lines.join('\n'), status, log]) t.notRegex(text, /hunter/);

  t.regex(status, /bad \(hidden\)/);
  t.regex(log, /"\(hidden\) and \(hidden\)"/);
});

test('what is said until a stop is in the log', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'run_cmd=true');
  const stop = new AbortController();
  const first = applier({
    key: 'run_cmd',
    apply: async ({ log, signal }) => {
      log?.('begun');
      stop.abort();
      signal?.throwIfAborted();
    },
  });
  const options = { phases: ['runtime'] as const, root: fake.root, print: () => {} };
  await t.throwsAsync(runPhases(fake.host, { ...options, signal: stop.signal, appliers: [first] }), {
    code: 'config-interrupted',
  });
  t.regex(await fake.read('var/log/bos/config.log'), /"begun"/);
});

test('a file system for /var alone, which the initrd has mounted, is filled and becomes /var', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  await fake.write('proc/self/mountinfo', '24 22 254:17 / /run/bos/var ro - ext4 /dev/vdb1 ro\n');
  // As mkfs leaves it.
  await fake.write('run/bos/var/lost+found/x', '');
  t.like(await run(fake, ['initrd', 'boot']), fine);
  const data = 'run/bos/state/bos/data';
  t.deepEqual(
    fake.ran.filter((line) => line.startsWith('mount')),
    [
      'mount -o remount,rw ROOT/run/bos/state',
      'mount -o remount,rw ROOT/run/bos/var',
      `mount --bind ROOT/${data}/home ROOT/home`,
      'mount --bind ROOT/run/bos/var/bos/data/var ROOT/var',
      `mount --bind ROOT/${data}/opt ROOT/opt`,
    ],
  );
  t.deepEqual(await real.files.list(join(fake.root, data)), ['home', 'opt']);
  t.deepEqual(await real.files.list(join(fake.root, 'run/bos/var/bos/data/var')), ['lib', 'local']);
});

test('a later boot finds its data as it left them', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  const data = 'run/bos/state/bos/data';
  await fake.write(`${data}/var/lib/mine`, 'x');
  await fake.write(`${data}/home/bhojpur/mine`, 'x');
  // What a power cut during the first boot left.
  await fake.write(`${data}/var.new/half`, '');
  t.like(await run(fake, ['boot']), fine);
  t.deepEqual(await real.files.list(join(fake.root, data, 'var')), ['lib', 'local']);
  t.deepEqual(await real.files.list(join(fake.root, data, 'home/bhojpur')), ['mine']);
});

test('a state that is mounted already is left alone', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  await fake.write('proc/self/mountinfo', '24 22 254:3 /bos/data/var /var rw - ext4 /dev/vda3 rw\n');
  t.like(await run(fake, ['boot']), fine);
  t.deepEqual(
    fake.ran.filter((line) => line.startsWith('mount')),
    [],
  );
});

test('a state that is not to be written to is not mounted, nor grown', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  const record = JSON.parse(await fake.read('run/bos/boot.json'));
  await fake.write('run/bos/boot.json', JSON.stringify({ ...record, ephemeral: true }));
  await fake.write('run/bos/state/bos/system/growpart', '');
  t.like(await run(fake, ['boot']), fine);
  t.deepEqual(
    fake.ran.filter((line) => /^(mount|partx|resize2fs)/.test(line)),
    [],
  );
});

test('growing that fails is said, and the rest applies', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  fake.failing.add('resize2fs');
  await fake.write('run/bos/state/bos/system/growpart', '');
  await fake.write('proc/cmdline', 'hostname=b');
  const { stateFailed, failures, lines } = await run(fake, ['boot']);
  t.false(stateFailed);
  t.is(failures, 1);
  t.deepEqual(lines, ['bos: state: growpart: resize2fs failed']);
  t.is(await fake.read('etc/hostname'), 'b\n');
});

test('a state that cannot be mounted is said, and the rest applies', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  fake.failing.add('mount');
  await fake.write('proc/cmdline', 'hostname=b');
  const { stateFailed, lines } = await run(fake, ['boot']);
  t.true(stateFailed);
  t.deepEqual(lines, ['bos: state: /dev/vda3: mount failed']);
  t.is(await fake.read('etc/hostname'), 'b\n');
});

test('the identity is made once and then put back', async (t) => {
  const fake = await fakeRoot(t);
  t.like(await run(fake, ['boot']), fine);
  const parts = [
    ...['etc/machine-id', 'etc/hostname', 'proc/sys/kernel/hostname'],
    ...['etc/ssh/ssh_host_ed25519_key', 'etc/ssh/ssh_host_ecdsa_key', 'etc/ssh/ssh_host_ed25519_key.pub'],
  ];
  const readAll = () => Promise.all(parts.map((path) => fake.read(path)));
  const first = await readAll();
  t.regex(first[0] ?? '', /^[0-9a-f]{32}\n$/);
  t.regex(first[1] ?? '', /^bhojpur-[0-9a-f]{8}\n$/);
  t.regex(first[5] ?? '', /^ssh-ed25519 /);
  t.is(await fake.mode('etc/ssh/ssh_host_ecdsa_key'), '600');
  t.is(await fake.mode('etc/ssh/ssh_host_ecdsa_key.pub'), '644');
  t.is(await fake.mode('etc/machine-id'), '444');
  // The next boot: /etc is the image's again.
  for (const path of ['etc/machine-id', 'etc/hostname', 'etc/ssh'])
    await real.files.remove(join(fake.root, path));
  fake.ran.length = 0;
  t.like(await run(fake, ['boot']), fine);
  t.deepEqual(await readAll(), first);
  t.deepEqual(fake.ran, []);
});

test('a configured name needs none to be made up', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'hostname=mine');
  await run(fake, ['initrd', 'boot']);
  t.is(await fake.read('etc/hostname'), 'mine\n');
  t.false(await real.files.exists(join(fake.root, 'var/lib/bhojpur/hostname')));
});

test('host keys that are not whole are made again', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('var/lib/bhojpur/ssh/ssh_host_ed25519_key', '');
  t.like(await run(fake, ['boot']), fine);
  t.regex(await fake.read('etc/ssh/ssh_host_ed25519_key'), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
});

test('data sources are asked in the runtime phase alone, and what a cloud gave comes on top', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'hostname=a bos.data_sources=cdrom bos.labels[b]=c');
  await fake.write('run/config/provider', 'cdrom\n');
  await fake.write(
    'run/config/userdata',
    '#cloud-config\nhostname: from-cloud\nbos: {token: secret-token}\n',
  );
  const seen: string[] = [];
  const record = applier({ key: 'hostname', apply: async ({ phase }, name) => void seen.push(phase, name) });
  const leaking = applier({
    key: 'bos.token',
    apply: (_, token) => Promise.reject(new Error(`bad ${token}`)),
  });
  t.like(await run(fake, ['initrd', 'boot'], [record, leaking]), fine);
  const { lines } = await run(fake, ['runtime'], [record, leaking]);
  t.deepEqual(seen, ['initrd', 'a', 'boot', 'a', 'runtime', 'from-cloud']);
  t.is(lines.at(-1), 'bos: runtime: bos.token: bad (hidden)');
});

test('asked to stop: nothing else begins, and what was cut short is no fault of a key', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'run_cmd=true hostname=a');
  const stop = new AbortController();
  const seen: string[] = [];
  const first = applier({
    key: 'run_cmd',
    apply: async ({ signal }) => {
      stop.abort();
      signal?.throwIfAborted();
    },
  });
  const second = applier({ key: 'hostname', apply: async (_, name) => void seen.push(name) });
  const lines: string[] = [];
  await t.throwsAsync(
    runPhases(fake.host, {
      phases: ['runtime'],
      root: fake.root,
      signal: stop.signal,
      appliers: [first, second],
      print: (line) => lines.push(line),
    }),
    { code: 'config-interrupted', message: /before all of the configuration/ },
  );
  t.deepEqual(seen, []);
  t.deepEqual(lines, []);
  t.deepEqual((await readConfigStatus(fake.host, fake.root)).phases, {});
});

test('a search that finds nothing is a warning', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/cmdline', 'bos.data_sources=cdrom');
  const { lines, failures } = await run(fake, ['runtime'], []);
  t.is(failures, 0);
  t.deepEqual(lines, ['bos: runtime: bos.data_sources: no data source was found (cdrom)']);
});
