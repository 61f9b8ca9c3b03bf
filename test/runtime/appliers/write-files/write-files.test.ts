import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import type { Config } from '../../../../src/config/config.ts';
import { parseConfigYaml } from '../../../../src/config/yaml/yaml.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import { writeFilesApplier } from '../../../../src/runtime/appliers/write-files/write-files.ts';
import { watchUntouched } from '../../../fakes/untouched.ts';
import type { FakeRoot } from '../../fake-root.ts';
import { fakeRoot, real } from '../../fake-root.ts';

type Entries = NonNullable<Config['write_files']>;

const { files } = real;
const { uid } = real.system;
const gid = process.getgid?.() ?? 0;
/** Only root can give files away. */
const owner = `${uid}:${gid}`;
const asRoot = uid === 0 ? test : test.skip;
const onDisk = { mode: 'disk', state: '/dev/vda3' };

async function write(fake: FakeRoot, entries: Entries, phase: RunPhase = 'boot'): Promise<string[]> {
  const logged: string[] = [];
  const owned = entries.map((entry) => ({ owner, ...entry }));
  const context = applyContext(fake.host, fake.root, phase, { write_files: owned }, (line) =>
    logged.push(line),
  );
  await writeFilesApplier.run(context);
  return logged;
}

const fails = async (fake: FakeRoot, entries: Entries, phase?: RunPhase): Promise<string> => {
  try {
    await write(fake, entries, phase);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

const link = async (fake: FakeRoot, target: string, path: string) => {
  await files.makeDir(join(fake.root, path, '..'));
  await files.symlink(target, join(fake.root, path));
};

const exists = (fake: FakeRoot, path: string) => files.exists(join(fake.root, path));

test('content, mode and parents', async (t) => {
  const fake = await fakeRoot(t);
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await write(fake, [
    { path: '/etc/new/deep/plain', content: 'text\n' },
    { path: '/etc/bytes', content: new Uint8Array([0, 255, 10]), permissions: '0555' },
    {
      path: '/etc/packed',
      content: gzipSync('unpacked').toString('base64'),
      encoding: 'gz+b64',
      permissions: '0o600',
    },
    { path: '/etc/empty' },
    { path: '/opt/setuid', content: 'x', permissions: '4755' },
  ]);
  t.is(await fake.read('etc/new/deep/plain'), 'text\n');
  t.is(await fake.mode('etc/new/deep/plain'), '644');
  t.is(await fake.mode('etc/new'), '755');
  t.deepEqual([...(await files.read(join(fake.root, 'etc/bytes')))], [0, 255, 10]);
  t.is(await fake.mode('etc/bytes'), '555');
  t.is(await fake.read('etc/packed'), 'unpacked');
  t.is(await fake.mode('etc/packed'), '600');
  t.is(await fake.read('etc/empty'), '');
  t.is(await fake.mode('opt/setuid'), '4755');
  t.deepEqual(await files.list(join(fake.root, 'etc/new/deep')), ['plain']);
});

asRoot('owners by name and number; root when left out', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(
    'etc/passwd',
    'root:x:0:0::/root:/bin/sh\nme:x:1000:1001::/home/me:/bin/sh\n12:x:77:78:::\n',
  );
  await fake.write('etc/group', 'root:x:0:\nstaff:x:50:me\n');
  const rows = [
    ['me', 1000, 1001],
    ['me:staff', 1000, 50],
    ['1000', 1000, 1001],
    ['4242', 4242, 0],
    ['4242:4343', 4242, 4343],
    ['root:staff', 0, 50],
    ['12', 77, 78],
  ] as const;
  await write(
    fake,
    rows.map(([name], index) => ({ path: `/etc/f${index}`, content: name, owner: name })),
  );
  for (const [index, [name, user, group]] of rows.entries())
    t.like(await files.stat(join(fake.root, `etc/f${index}`)), { uid: user, gid: group }, name);
  const context = applyContext(fake.host, fake.root, 'boot', { write_files: [{ path: '/etc/root' }] });
  await writeFilesApplier.run(context);
  t.like(await files.stat(join(fake.root, 'etc/root')), { uid: 0, gid: 0 });
});

const unknownOwner = test.macro({
  exec: async (t, name: string, message: string) => {
    const fake = await fakeRoot(t);
    await fake.write('etc/group', 'root:x:0:\n');
    const fault = await fails(fake, [
      { path: '/etc/f', content: 'x', owner: name },
      { path: '/etc/g', content: 'x' },
    ]);
    t.is(fault, `/etc/f: ${message}`);
    t.false(await exists(fake, 'etc/f'));
    t.is(await fake.read('etc/g'), 'x');
  },
  title: (_, name) => `the owner ${JSON.stringify(name)} is refused and nothing is written for it`,
});
test(unknownOwner, 'nobody-here', 'there is no user nobody-here');
test(unknownOwner, 'root:nobody-here', 'there is no group nobody-here');
test(unknownOwner, '4294967295', 'there is no user 4294967295');
test(unknownOwner, '-1', 'there is no user -1');
test(unknownOwner, 'root:', 'the owner "root:" is neither USER nor USER:GROUP');
test(unknownOwner, ':root', 'the owner ":root" is neither USER nor USER:GROUP');
test(unknownOwner, 'a:b:c', 'the owner "a:b:c" is neither USER nor USER:GROUP');

test('what is as it should be is not touched; anything that differs is put right', async (t) => {
  const fake = await fakeRoot(t);
  const entry = { path: '/etc/f', content: 'same', permissions: '0640' };
  const at = join(fake.root, 'etc/f');
  /** A file that was written anew, and only that, is another one. */
  const touched = async (phase: RunPhase): Promise<boolean> => {
    await files.remove(`${at}.old`);
    const isUntouched = watchUntouched(at);
    await write(fake, [entry], phase);
    return !isUntouched();
  };
  await write(fake, [entry]);
  t.false(await touched('boot'));
  t.false(await touched('runtime'));
  await files.chmod(at, 0o644);
  t.true(await touched('runtime'));
  t.is(await fake.mode('etc/f'), '640');
  await files.write(at, 'else');
  t.true(await touched('runtime'));
  t.is(await fake.read('etc/f'), 'same');
});

asRoot('an owner that differs is put right', async (t) => {
  const fake = await fakeRoot(t);
  await write(fake, [{ path: '/etc/f', content: 'same' }]);
  await files.chown(join(fake.root, 'etc/f'), 1000, 1000);
  await write(fake, [{ path: '/etc/f', content: 'same' }]);
  t.like(await files.stat(join(fake.root, 'etc/f')), { uid: 0, gid: 0 });
});

test('each fault names its path, and the others are written', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/folder/x', '');
  await fake.write('etc/file', 'x');
  await link(fake, 'usr/bin', 'bin');
  const fault = await fails(fake, [
    { path: '/etc/first', content: '1' },
    { path: '/etc/b64', content: 'not base64!', encoding: 'b64' },
    { path: '/etc/gz', content: new Uint8Array([1, 2]), encoding: 'gz' },
    { path: '/etc/folder', content: 'x' },
    { path: '/etc/file/below', content: 'x' },
    { path: '/etc/../usr/x', content: 'x' },
    { path: '/etc/nul\0', content: 'x' },
    { path: 'relative', content: 'x' },
    { path: '/', content: 'x' },
    { path: '/usr/lib/x', content: 'x' },
    { path: '/bin/arch', content: 'x' },
    { path: '/dev/shm/x', content: 'x' },
    { path: `/etc/${'x'.repeat(300)}`, content: 'x' },
    { path: '/etc/last', content: '2' },
  ]);
  t.is(await fake.read('etc/first'), '1');
  t.is(await fake.read('etc/last'), '2');
  t.deepEqual(
    fault.split('; ').toSorted(),
    [
      '/: there is a folder with that name',
      '/bin/arch: it is /usr/bin/arch, and /usr is read-only: write /usr/local/bin/arch instead',
      '/dev/shm/x: /dev/shm is mounted when systemd starts, which would hide the file: write it below /run instead',
      '/etc/../usr/x: a path with .. is not followed',
      '/etc/b64: the content is not valid base64: character 10 is not in its alphabet',
      '/etc/file/below: /etc/file is not a folder',
      '/etc/folder: there is a folder with that name',
      '/etc/gz: the content is not valid gzip: incorrect header check',
      '/etc/nul\0: it is not an absolute path',
      `/etc/${'x'.repeat(300)}: the name is too long`,
      '/usr/lib/x: /usr is read-only: write below /usr/local or /opt instead',
      'relative: it is not an absolute path',
    ].toSorted(),
  );
  t.false(await exists(fake, 'usr/bin'));
});

test('of two entries for one place the later is written', async (t) => {
  const fake = await fakeRoot(t);
  await link(fake, '/var/local', 'usr/local');
  await write(fake, [
    { path: '/var/local/f', content: 'first', permissions: '0600' },
    { path: '/etc/other', content: 'x' },
    { path: '/usr/local/f', content: 'second' },
  ]);
  t.is(await fake.read('var/local/f'), 'second');
  t.is(await fake.mode('var/local/f'), '644');
});

test('links of the system are followed within the root', async (t) => {
  const fake = await fakeRoot(t);
  await link(fake, '/var/local', 'usr/local');
  await link(fake, '/run/connman/resolv.conf', 'etc/resolv.conf');
  await write(fake, [
    { path: '/usr/local/bin/tool', content: 'x' },
    { path: '/etc/resolv.conf', content: 'nameserver 1.1.1.1\n' },
  ]);
  t.is(await fake.read('var/local/bin/tool'), 'x');
  t.is(await fake.read('run/connman/resolv.conf'), 'nameserver 1.1.1.1\n');
  t.is(await files.readLink(join(fake.root, 'etc/resolv.conf')), '/run/connman/resolv.conf');
});

test('a link to what cannot be written gives way to the file', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('usr/share/zoneinfo/UTC', 'UTC');
  await fake.write('dev/null', '');
  await link(fake, '/usr/share/zoneinfo/UTC', 'etc/localtime');
  await link(fake, '/dev/null', 'etc/systemd/system/off.service');
  await write(fake, [
    { path: '/etc/localtime', content: 'mine' },
    { path: '/etc/systemd/system/off.service', content: '[Unit]\n' },
  ]);
  t.is((await files.stat(join(fake.root, 'etc/localtime')))?.type, 'file');
  t.is(await fake.read('etc/localtime'), 'mine');
  t.is(await fake.read('usr/share/zoneinfo/UTC'), 'UTC');
  t.is(await fake.read('etc/systemd/system/off.service'), '[Unit]\n');
  t.is(await fake.read('dev/null'), '');
});

const planted = test.macro({
  exec: async (t, path: string, target: string, place: string) => {
    const fake = await fakeRoot(t);
    await fake.write('home/bhojpur/own', '');
    await files.chmod(join(fake.root, 'home/bhojpur'), 0o777);
    await link(fake, target, path);
    const fault = await fails(fake, [{ path: place, content: 'planted' }]);
    t.is(fault, `${place}: /${path} is a link that users other than root can change: it is not followed`);
    t.false((await fake.read('etc/shadow')).includes('planted'));
    t.false(await exists(fake, 'etc/cron'));
  },
  title: (_, path, target) => `a link that a user planted is not followed: ${path} to ${target}`,
});
test(planted, 'home/bhojpur/f', '/etc/shadow', '/home/bhojpur/f');
test(planted, 'home/bhojpur/f', '../../etc/shadow', '/home/bhojpur/f');
test(planted, 'home/bhojpur/.config', '/etc', '/home/bhojpur/.config/cron');

test('a link that is put in the way after the path was looked at is not followed', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('home/bhojpur/.config/own', '');
  const swapped = {
    ...fake,
    host: {
      ...fake.host,
      files: {
        ...files,
        openFolder: async (path: string, mode?: number) => {
          if (path.endsWith('/.config')) {
            await files.rename(join(fake.root, 'home/bhojpur/.config'), join(fake.root, 'home/bhojpur/old'));
            await files.symlink('../../etc', join(fake.root, 'home/bhojpur/.config'));
          }
          return files.openFolder(path, mode);
        },
      },
    },
  };
  const fault = await fails(swapped, [{ path: '/home/bhojpur/.config/shadow', content: 'planted' }]);
  t.is(fault, '/home/bhojpur/.config/shadow: a link or file was put in its way');
  t.false((await fake.read('etc/shadow')).includes('planted'));
});

test('what the kernel offers is written in place', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('proc/sys/vm/swappiness', '60\n');
  const before = await files.open(join(fake.root, 'proc/sys/vm/swappiness'), 'r');
  t.teardown(() => before.close());
  const fault = await fails(fake, [
    { path: '/proc/sys/vm/swappiness', content: '10', permissions: '0600' },
    { path: '/sys/none', content: 'x' },
  ]);
  t.is(Buffer.from(await before.read(0, 10)).toString(), '10');
  t.is(fault, '/sys/none: the kernel has no such file');
  t.deepEqual(await files.list(join(fake.root, 'proc/sys/vm')), ['swappiness']);
});

test('in the initrd phase of an installed system, what the state’s folders would hide waits', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  const entries = ['/var/f', '/opt/f', '/home/bhojpur/f', '/etc/f'].map((path) => ({ path, content: 'x' }));
  t.deepEqual(
    await write(fake, entries, 'initrd'),
    ['/var/f', '/opt/f', '/home/bhojpur/f'].map(
      (path) => `${path} is written in the boot phase: its file system is not mounted yet`,
    ),
  );
  t.true(await exists(fake, 'etc/f'));
  t.false(await exists(fake, 'var/f'));
  t.deepEqual(await write(fake, entries, 'boot'), []);
  for (const { path } of entries) t.is(await fake.read(path), 'x');
});

test('in a live system nothing waits', async (t) => {
  const fake = await fakeRoot(t);
  t.deepEqual(await write(fake, [{ path: '/var/f', content: 'x' }], 'initrd'), []);
  t.is(await fake.read('var/f'), 'x');
});

test('the documents’ example', async (t) => {
  const fake = await fakeRoot(t);
  const yaml = `write_files:
- encoding: b64
  content: CiMgVGhpcyBmaWxlIGNvbnRyb2xz
  owner: ${owner}
  path: /etc/connman/main.conf
  permissions: '0644'
- content: |
    # My new /etc/sysconfig/samba file
    SMDBOPTIONS="-D"
  owner: ${owner}
  path: /etc/sysconfig/samba
- content: !!binary |
    f0VMRgIBAQAAAAAAAAAAAAIAPgAB
  owner: ${owner}
  path: /usr/local/bin/arch
  permissions: 0555
- content: |
    15 * * * * root ship_logs
  owner: ${owner}
  path: /etc/crontab
`;
  await link(fake, '/var/local', 'usr/local');
  const { layer, diagnostics } = parseConfigYaml(Buffer.from(yaml), 'test', 'system');
  t.deepEqual(diagnostics, []);
  await write(fake, layer.entries.get('write_files')?.value as Entries);
  t.is(await fake.read('etc/connman/main.conf'), '\n# This file controls');
  t.is(await fake.read('etc/sysconfig/samba'), '# My new /etc/sysconfig/samba file\nSMDBOPTIONS="-D"\n');
  t.is((await files.read(join(fake.root, 'var/local/bin/arch'))).subarray(1, 4).toString(), 'ELF');
  t.is(await fake.mode('var/local/bin/arch'), '555');
  t.is(await fake.read('etc/crontab'), '15 * * * * root ship_logs\n');
});

test('append: at the end, once, and the file keeps its mode', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/crontab', '* * * * * root a\n');
  await files.chmod(join(fake.root, 'etc/crontab'), 0o600);
  const entry = { path: '/etc/crontab', content: '* * * * * root b\n', append: 'true' };
  await write(fake, [entry]);
  await write(fake, [entry], 'runtime');
  t.is(await fake.read('etc/crontab'), '* * * * * root a\n* * * * * root b\n');
  t.is(await fake.mode('etc/crontab'), '600');
});

test('append: to what another entry writes, to a line that has no end, to nothing', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write('etc/b', 'x1');
  const entries: Entries = [
    { path: '/etc/a', content: 'one\n' },
    { path: '/etc/a', content: 'two\n', append: 'true', permissions: '0640' },
    { path: '/etc/b', content: '1', append: 'true' },
    { path: '/etc/c', content: 'c', append: 'true' },
    { path: '/etc/d', content: 'lost', append: 'true' },
    { path: '/etc/d', content: 'last', append: 'false' },
  ];
  for (const phase of ['boot', 'runtime', 'boot'] as const) {
    await write(fake, entries, phase);
    t.is(await fake.read('etc/a'), 'one\ntwo\n');
    t.is(await fake.mode('etc/a'), '640');
    t.is(await fake.read('etc/b'), 'x1\n1');
    t.is(await fake.read('etc/c'), 'c');
    t.is(await fake.read('etc/d'), 'last');
  }
});
