/** Labelled disks and CDs: images made by the usual tools, read without being mounted. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { findVolumes, parseDevices } from '../../../../src/runtime/data-sources/volumes/volumes.ts';
import { type Effect, notedFiles } from '../../../fakes/effects.ts';
import { openstackMeta } from '../../../fakes/metadata-servers.ts';
import { runs } from '../../../properties.ts';
import { hostWith, instance, keyA, keyB, newRoot, real, search, yaml } from '../support.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;
const { files, processes } = real;

async function tree(t: ExecutionContext, contents: Files): Promise<string> {
  const folder = await newRoot(t);
  for (const [path, data] of Object.entries(contents)) {
    await files.makeDir(join(folder, path, '..'));
    await files.write(join(folder, path), data);
  }
  return folder;
}

async function iso(t: ExecutionContext, label: string, contents: Files) {
  const path = join(await newRoot(t), 'cd.iso');
  await processes.run('xorrisofs', ['-quiet', '-V', label, '-J', '-r', '-o', path, await tree(t, contents)]);
  return { path, type: 'rom', fstype: 'iso9660', label };
}

async function fat(t: ExecutionContext, label: string, contents: Files, kilobytes = 1024) {
  const path = join(await newRoot(t), 'disk.img');
  await processes.run('mkfs.vfat', ['-C', '-n', label, path, String(kilobytes)]);
  const folder = await tree(t, contents);
  for (const name of await files.list(folder))
    await processes.run('mcopy', ['-s', '-i', path, join(folder, name), '::/']);
  return { path, type: 'disk', fstype: 'vfat', label };
}

const metaData = `instance-id: iid-1\nlocal-hostname: from-cloud\npublic-keys:\n  - ${keyA}\n  - ${keyB}\n`;
const whole = {
  userdata: `600 ${yaml}`,
  local_hostname: '644 from-cloud\n',
  'ssh/authorized_keys': `600 ${keyA}\n${keyB}\n`,
};
const noCloud = { 'user-data': yaml, 'meta-data': metaData };
const drive = {
  'openstack/latest/meta_data.json': openstackMeta(instance),
  'openstack/latest/user_data': yaml,
};

type Make = (t: ExecutionContext) => Promise<{ readonly path: string }>;
const reads = test.macro({
  exec: async (t, name: 'cdrom' | 'openstack', make: Make, expected: Readonly<Record<string, string>>) => {
    const outcome = await search(await newRoot(t), [name], { host: hostWith([await make(t)]) });
    t.deepEqual(outcome.files, { ...expected, provider: `644 ${name}\n` });
    t.is(outcome.lines.length, 1);
  },
  title: (title, name) => `${name}: ${title}`,
});
test('ISO labelled cidata', reads, 'cdrom', (t) => iso(t, 'cidata', noCloud), whole);
test('FAT12 labelled CIDATA', reads, 'cdrom', (t) => fat(t, 'CIDATA', noCloud), whole);
test('FAT32', reads, 'cdrom', (t) => fat(t, 'CIDATA', noCloud, 40_000), whole);
test(
  'keys as a map, no user data',
  reads,
  'cdrom',
  (t) =>
    iso(t, 'CIDATA', {
      'user-data': '\n',
      'meta-data': `hostname: from-cloud\npublic-keys: {one: "${keyA}", two: "${keyB}\\n"}\n`,
    }),
  { local_hostname: whole.local_hostname, 'ssh/authorized_keys': whole['ssh/authorized_keys'] },
);
test('a CD with a file config', reads, 'cdrom', (t) => iso(t, 'DATA', { config: yaml }), {
  userdata: `600 ${yaml}`,
});
test('config drive, ISO', reads, 'openstack', (t) => iso(t, 'config-2', drive), whole);
test('config drive, FAT', reads, 'openstack', (t) => fat(t, 'CONFIG-2', drive), whole);

test('binary user data come through FAT unchanged', async (t) => {
  const binary = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.from(real.random.bytes(200_000))]);
  const root = await newRoot(t);
  const disk = await fat(t, 'CIDATA', { 'user-data': binary });
  await search(root, ['cdrom'], { host: hostWith([disk]) });
  t.deepEqual(await files.read(join(root, 'run/config/userdata')), binary);
});

test('a disk made for this comes before a CD; our own medium and data disks are left alone', async (t) => {
  const medium = await iso(t, 'OTHER', { config: 'hostname: medium' });
  const music = await iso(t, 'MUSIC', { config: 'hostname: cd' });
  const stick = { ...(await fat(t, 'STICK', { config: 'hostname: stick', 'user-data': 'hostname: stick' })) };
  const made = await fat(t, 'CIDATA', noCloud);
  const root = await newRoot(t);
  await files.makeDir(join(root, 'run/bos'));
  await files.write(join(root, 'run/bos/boot.json'), JSON.stringify({ medium: medium.path }));
  const first = await search(root, ['cdrom'], { host: hostWith([medium, music, stick, made]) });
  t.is(first.files.userdata, `600 ${yaml}`);
  const second = await search(root, ['cdrom'], { host: hostWith([medium, stick]) });
  t.deepEqual(second.lines, ['info cdrom: was not found', 'warning no data source was found (cdrom)']);
});

test('damaged volumes are reported and the next one is read', async (t) => {
  const broken = await newRoot(t);
  await files.write(join(broken, 'a'), Buffer.alloc(100_000, 7));
  const damaged = (fstype: string) => ({ path: join(broken, 'a'), type: 'disk', fstype, label: 'cidata' });
  const gone = { path: join(broken, 'none'), type: 'rom', fstype: 'iso9660', label: 'cidata' };
  const good = await iso(t, 'CIDATA', { 'user-data': yaml, 'meta-data': 'a: [' });
  const devices = [damaged('iso9660'), damaged('vfat'), gone, good];
  const { lines, files: stored } = await search(await newRoot(t), ['cdrom'], { host: hostWith(devices) });
  t.is(stored.userdata, `600 ${yaml}`);
  t.is(lines.length, 5);
  t.regex(lines[0] ?? '', /^warning cdrom: .*is not an ISO 9660 image/);
  t.regex(lines[1] ?? '', /^warning cdrom: .*cannot be read/);
  t.regex(lines[2] ?? '', /^warning cdrom: .*ENOENT/);
  t.regex(lines[3] ?? '', /^warning cdrom: meta-data on .* is not YAML: /);
});

test('files that are too large are refused, on ISO and on FAT', async (t) => {
  const large = { 'user-data': Buffer.alloc(9_000_000, 'a') };
  for (const device of [await iso(t, 'cidata', large), await fat(t, 'CIDATA', large, 20_000)]) {
    const { lines, files: stored } = await search(await newRoot(t), ['cdrom'], { host: hostWith([device]) });
    t.regex(lines[0] ?? '', /^warning cdrom: .*(larger than|at most) 8388608/);
    t.deepEqual(stored, {});
  }
});

test('a volume is closed when it was read, and nothing waits for its reader any more', async (t) => {
  const disks = [await iso(t, 'OTHER', noCloud), await fat(t, 'CIDATA', noCloud)];
  const effects: Effect[] = [];
  let waiting = 0;
  const base = hostWith(disks);
  const host = {
    ...base,
    files: notedFiles(files, (effect) => void effects.push(effect)),
    clock: {
      ...base.clock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        waiting += 1;
        await base.clock.sleep(ms, signal).finally(() => {
          waiting -= 1;
        });
      },
    },
  };
  for (const volume of await findVolumes(host, '/nowhere', () => true))
    t.is(`${(await volume.read(['user-data'])).map(String)}`, yaml);
  t.is(waiting, 0);
  const count = (wanted: string) => effects.filter(({ kind }) => kind === wanted).length;
  t.true(count('open') > 0);
  t.is(count('open'), count('close'));
});

test('a config drive that is damaged leaves the service', async (t) => {
  const empty = await iso(t, 'config-2', { a: 'b' });
  const bases = { openstack: 'http://127.0.0.1:9' };
  const { lines } = await search(await newRoot(t), ['openstack'], { host: hostWith([empty]), bases });
  t.regex(lines[0] ?? '', /labelled config-2 but has no openstack\/latest\/meta_data\.json/);
  t.is(lines[1], 'info openstack: was not found');
});

test('what lsblk prints: anything else is an error that says so', (t) => {
  t.deepEqual(parseDevices(''), []);
  t.deepEqual(parseDevices('{"blockdevices": [{"path": "/dev/sr0", "type": "rom", "fstype": null}]}'), [
    { path: '/dev/sr0', type: 'rom', fstype: '', label: '' },
  ]);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        t.true(Array.isArray(parseDevices(text)));
      } catch (error) {
        t.like(error, { code: 'lsblk-output' });
      }
    }),
    { numRuns: runs(200) },
  );
});

test('mtools that are missing are said', async (t) => {
  const disk = await fat(t, 'CIDATA', noCloud);
  const base = hostWith([disk]);
  const missing = () => {
    throw new Error('mtype is not installed');
  };
  const host = { ...base, processes: { ...base.processes, start: missing } };
  const { lines } = await search(await newRoot(t), ['cdrom'], { host });
  t.is(lines[0], 'warning cdrom: mtype is not installed');
});
