import { join } from 'node:path';
import test from 'ava';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { loadConfig, readSources } from '../../../src/config/sources/sources.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Files } from '../../../src/host/ports.ts';
import { fakeHost } from '../../fakes/host.ts';

const host = linuxHost();

/** A root folder with these files, gone after the test. */
const withFiles = test.macro(
  async (t, files: Readonly<Record<string, string>>, expected: unknown, faults: readonly string[]) => {
    const root = await host.files.makeTempDir('bos-sources-');
    t.teardown(() => host.files.remove(root));
    for (const [path, text] of Object.entries(files)) {
      await host.files.makeDir(join(root, path, '..'));
      await host.files.write(join(root, path), text);
    }
    const { config, diagnostics } = await loadConfig(host, root);
    t.deepEqual(config, expected as typeof config);
    t.deepEqual(diagnostics.map(formatDiagnostic), [...faults]);
  },
);

test(
  'in this order: system, command line, local, config.d by name',
  withFiles,
  {
    'bos/system/config.yaml': 'hostname: system\nbos: {token: system, password: system, labels: {a: 1}}',
    'proc/cmdline': 'quiet hostname=line bos.password=line bos.token=line bos.modules=kvm\n',
    'var/lib/bhojpur/os/config.yaml': 'hostname: local\nbos: {token: local}',
    'var/lib/bhojpur/os/config.d/20-b': 'hostname: last',
    'var/lib/bhojpur/os/config.d/10-a.yaml': 'hostname: first\nbos: {token: first}',
    'var/lib/bhojpur/os/config.d/.swp': '[',
  },
  {
    hostname: 'last',
    'bos.token': 'first',
    'bos.password': 'line',
    'bos.labels': { a: '1' },
    'bos.modules': ['kvm'],
  },
  [],
);

test(
  'what is tried counts where it would count in config.d, in the place of one of its name',
  withFiles,
  {
    'proc/cmdline': '',
    'var/lib/bhojpur/os/config.d/10-a.yaml': 'hostname: a\nbos: {token: a}',
    'var/lib/bhojpur/os/config.d/30-c.yaml': 'bos: {password: c}',
    'run/bos/try/config.d/10-a.yaml': 'hostname: tried',
    'run/bos/try/config.d/20-b.yaml': 'bos: {password: tried, modules: [kvm]}',
  },
  { hostname: 'tried', 'bos.password': 'c', 'bos.modules': ['kvm'] },
  [],
);

test(
  'before the state is mounted its local files are read where they are',
  withFiles,
  { 'proc/cmdline': '', 'run/bos/state/bos/data/var/lib/bhojpur/os/config.yaml': 'hostname: state' },
  { hostname: 'state' },
  [],
);

test(
  'what cannot be read is reported and the rest applies',
  withFiles,
  {
    'bos/system/config.yaml': 'hostname: [',
    'var/lib/bhojpur/os/config.yaml/a-folder': '',
    'var/lib/bhojpur/os/config.d/a': 'hostname: a',
  },
  { hostname: 'a' },
  [
    '/bos/system/config.yaml:1:11: opens [, which is not closed; write ] at its end',
    '/proc/cmdline: cannot be read (ENOENT); the other sources apply without it',
    '/var/lib/bhojpur/os/config.yaml: cannot be read (it is a folder); the other sources apply without it',
  ],
);

/** A line of /proc/self/mountinfo on an installed system that is up. */
const varIsMounted = '31 28 254:3 /bos/data/var /var rw,relatime - ext4 /dev/vda3 rw\n';
test(
  'once /var is mounted the local files are named where people find them',
  withFiles,
  {
    'proc/cmdline': '',
    'proc/self/mountinfo': `22 1 0:21 / / rw - tmpfs root rw\n${varIsMounted}`,
    'run/bos/state/bos/data/var/lib/bhojpur/os/config.yaml': 'hostname: a b',
    'var/lib/bhojpur/os/config.yaml': 'hostname: c d',
  },
  {},
  [
    '/var/lib/bhojpur/os/config.yaml:1:11: hostname: expected a host name: letters, digits, dots and inner hyphens, at most 64 characters',
  ],
);
test(
  'a mount below /var is not /var',
  withFiles,
  {
    'proc/cmdline': '',
    'proc/self/mountinfo': '31 28 0:5 / /var/tmp rw - tmpfs x rw\n32 28 0:5 /var /srv rw - ext4 x rw\n',
    'run/bos/state/bos/data/var/lib/bhojpur/os/config.yaml': 'hostname: state',
    'var/lib/bhojpur/os/config.yaml': 'hostname: other',
  },
  { hostname: 'state' },
  [],
);
test(
  'config.d that is a file',
  withFiles,
  {
    'proc/cmdline': '',
    'var/lib/bhojpur/os/config.d': 'hostname: a',
    'bos/system/config.yaml': 'hostname: b',
  },
  { hostname: 'b' },
  ['/var/lib/bhojpur/os/config.d: cannot be read (it is not a folder); the other sources apply without it'],
);

test('folders, pipes, links and closed files in config.d hold up nothing', async (t) => {
  const root = await host.files.makeTempDir('bos-sources-');
  t.teardown(() => host.files.remove(root));
  const folder = join(root, 'var/lib/bhojpur/os/config.d');
  await host.files.makeDir(join(folder, '10-folder'));
  await host.processes.run('mkfifo', [join(folder, '20-pipe')]);
  await host.files.symlink('/dev/zero', join(folder, '30-device'));
  await host.files.symlink('nothing', join(folder, '40-dangling'));
  await host.files.symlink('../elsewhere', join(folder, '50-link'));
  await host.files.write(join(folder, '../elsewhere'), 'hostname: linked');
  await host.files.write(join(folder, '60-closed'), 'bos: {token: closed}', { mode: 0 });
  await host.files.makeDir(join(root, 'proc'));
  await host.files.write(join(root, 'proc/cmdline'), '');
  const { config, diagnostics } = await loadConfig(host, root);
  t.is(config.hostname, 'linked');
  const rest = '; the other sources apply without it';
  const faults = [
    `10-folder: cannot be read (it is a folder)${rest}`,
    `20-pipe: cannot be read (it is not a regular file)${rest}`,
    `30-device: cannot be read (it is not a regular file)${rest}`,
    // Nothing is closed to root.
    ...(host.system.uid === 0 ? [] : [`60-closed: cannot be read (permission denied: use sudo)${rest}`]),
  ];
  t.deepEqual(
    diagnostics.map(formatDiagnostic),
    faults.map((fault) => `/var/lib/bhojpur/os/config.d/${fault}`),
  );
});

test('a disk that cannot be read is reported and the rest applies', async (t) => {
  const root = await host.files.makeTempDir('bos-sources-');
  t.teardown(() => host.files.remove(root));
  for (const path of ['bos/system/config.yaml', 'var/lib/bhojpur/os/config.yaml', 'proc/cmdline']) {
    await host.files.makeDir(join(root, path, '..'));
    await host.files.write(join(root, path), path.startsWith('var') ? 'hostname: local' : '');
  }
  const read: Files['read'] = async (path) => {
    if (path.includes('/bos/system')) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    return host.files.read(path);
  };
  const { config, diagnostics } = await loadConfig({ ...host, files: { ...host.files, read } }, root);
  t.is(config.hostname, 'local');
  t.deepEqual(diagnostics.map(formatDiagnostic), [
    '/bos/system/config.yaml: cannot be read (EIO); the other sources apply without it',
  ]);
});

test('what lies in /run/config counts only when the cloud is asked for', async (t) => {
  const root = await host.files.makeTempDir('bos-sources-');
  t.teardown(() => host.files.remove(root));
  await host.files.makeDir(join(root, 'run/config'));
  await host.files.write(join(root, 'run/config/userdata'), 'hostname: cloud');
  t.deepEqual((await loadConfig(host, root)).config, {});
  t.is((await loadConfig(host, root, { cloud: true })).config.hostname, 'cloud');
  t.is((await readSources(host, root, { cloud: true })).parsed.at(-1)?.layer.kind, 'cloud');
});

const folder = 'var/lib/bhojpur/os/config.d';
test(
  'what editors and package managers leave in config.d is no source',
  withFiles,
  {
    ...Object.fromEntries(
      [
        ...['50-a~', '50-a.bak', '.50-a.swp', '50-a.swp', '50-a.dpkg-old', '#50-a#', '50-a.orig'],
        ...[
          '50-a.pacnew',
          '50-a.apk-new',
          '50-a.BACKUP',
          '50-a.disabled',
          '50-a.part',
          '50-a.bk',
          '50-a.temp',
        ],
      ].map((name) => [`${folder}/${name}`, 'hostname: leftover\nserverUrl: x\n']),
    ),
    [`${folder}/50-a`]: 'hostname: a\n',
    [`${folder}/60-b.yaml`]: 'bos: {modules: [kvm]}\n',
    'proc/cmdline': '',
  },
  { hostname: 'a', 'bos.modules': ['kvm'] },
  [],
);

/** In memory: so many files take seconds to write. All are comments but the one that may be the last. */
async function ofMany(names: readonly string[]) {
  const text = (name: string) => (/^(00999|zz)$/.test(name) ? `hostname: n${name}` : '#');
  const files = Object.fromEntries(names.map((name) => [`/${folder}/${name}`, text(name)]));
  const { config, diagnostics } = await loadConfig(
    fakeHost({ files: { '/proc/cmdline': '', ...files } }),
    '/',
  );
  return [config, diagnostics.map(formatDiagnostic)];
}
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'));
for (const count of [1000, 1001, 3000])
  test(`of ${count} files in config.d at most a thousand are read, and that is said`, async (t) => {
    const fault = `/${folder}/01000: cannot be read (the folder has ${count} files, of which the first 1000 are read); the other sources apply without it`;
    t.deepEqual(await ofMany(numbered(count)), [{ hostname: 'n00999' }, count === 1000 ? [] : [fault]]);
  });

test('what editors leave is not counted', async (t) => {
  const left = Array.from({ length: 1100 }, (_, index) => `${index}~`);
  t.deepEqual(await ofMany([...left, 'zz']), [{ hostname: 'nzz' }, []]);
});

test('files of config.d that are large together are read up to 64 MiB, and those behind them are told', async (t) => {
  const root = await host.files.makeTempDir('bos-sources-');
  t.teardown(() => host.files.remove(root));
  await host.files.makeDir(join(root, 'proc'));
  await host.files.write(join(root, 'proc/cmdline'), '');
  await host.files.makeDir(join(root, folder));
  // A comment as long as a file may be: the parser has nothing to do.
  const text = `hostname: some\n#${'x'.repeat(2 ** 21 - 17)}\n`;
  for (let index = 10; index < 45; index += 1) await host.files.write(join(root, folder, `${index}`), text);
  await host.files.write(join(root, folder, '50'), 'hostname: last\n');
  const { config, diagnostics } = await loadConfig(host, root);
  t.is(config.hostname, 'some');
  t.is(diagnostics.length, 4);
  t.true(
    diagnostics.every(({ severity, message }) => severity === 'error' && message.includes('cannot be read')),
  );
});
