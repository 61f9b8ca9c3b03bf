import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import fc from 'fast-check';
import { openFolderInRoot } from '../../../../src/host/folder-in-root.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { resolveInRoot } from '../../../../src/runtime/appliers/write-files/root-path.ts';
import { runs } from '../../../properties.ts';

const { files, system } = linuxHost();

/** A root with folders (mode after a blank), files and links. */
async function tree(
  t: ExecutionContext,
  folders: readonly string[],
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  const root = await files.makeTempDir('bos-root-path-');
  t.teardown(() => files.remove(root));
  for (const line of folders) {
    const [path = '', mode = '755'] = line.split(' ');
    await files.makeDir(join(root, path));
    await files.chmod(join(root, path), Number.parseInt(mode, 8));
  }
  for (const [path, target] of Object.entries(links)) await files.symlink(target, join(root, path));
  return root;
}

const resolve = (root: string, path: string) => resolveInRoot(files, root, path, system.uid);

const system1 = [
  'usr/bin',
  'var/local/bin',
  'run/connman',
  'bos/system',
  'etc',
  'tmp 1777',
  'home/me/a',
  'shared 775',
];
const links1 = {
  bin: 'usr/bin',
  bhojpur: 'bos',
  'usr/local': '/var/local',
  'var/run': '/run',
  'etc/resolv.conf': '/run/connman/resolv.conf',
  'etc/relative': '../run/../var/local',
  'etc/circle': 'circle',
  'etc/a': 'b',
  'etc/b': 'a',
  'etc/above': '../../x',
  'etc/missing': '../none/../etc',
  'tmp/planted': '/etc',
  'shared/planted': '/etc',
  'home/me/planted': '/etc/shadow',
};

const leads = test.macro({
  exec: async (t, path: string, expected: string, link?: string) => {
    const found = await resolve(await tree(t, system1, links1), path);
    t.is(found.path, expected);
    t.is(found.link, link);
  },
  title: (_, path, expected) => `${path} is ${expected}`,
});
test(leads, '/etc/new', '/etc/new');
test(leads, '//etc/./new', '/etc/new');
test(leads, '/none/at/all', '/none/at/all');
test(leads, '/bin/arch', '/usr/bin/arch');
test(leads, '/usr/local/bin/x', '/var/local/bin/x');
test(leads, '/bhojpur/system/config.yaml', '/bos/system/config.yaml');
test(leads, '/var/run/x', '/run/x');
test(leads, '/etc/resolv.conf', '/run/connman/resolv.conf', '/etc/resolv.conf');
test(leads, '/etc/relative', '/var/local', '/etc/relative');
test(leads, '/etc/relative/bin/x', '/var/local/bin/x');
test(leads, '/tmp/x', '/tmp/x');

const refused = test.macro<[string, RegExp]>({
  exec: async (t, path: string, message: RegExp) => {
    await t.throwsAsync(resolve(await tree(t, system1, links1), path), { message });
  },
  title: (_, path, message) => `${JSON.stringify(path)}: ${message.source}`,
});
test(refused, '/etc/../usr/x', /with \.\./);
test(refused, 'etc/x', /not an absolute path/);
test(refused, '/etc/x\0', /not an absolute path/);
test(refused, '/etc/circle', /too many links/);
test(refused, '/etc/a/x', /too many links/);
test(refused, '/etc/above', /above the root/);
test(refused, '/etc/missing', /\/none does not exist/);
test(refused, '/tmp/planted/x', /\/tmp\/planted is a link that users other than root can change/);
test(refused, '/shared/planted', /is a link that users/);

test('a name in the middle that is a file', async (t) => {
  const root = await tree(t, ['etc']);
  await files.write(join(root, 'etc/file'), '');
  await t.throwsAsync(resolve(root, '/etc/file/x'), { message: '/etc/file is not a folder' });
});

test('folders below one that others can write to are no safer than it', async (t) => {
  const root = await tree(t, ['tmp 1777', 'tmp/mine', 'etc'], { 'tmp/mine/link': '/etc' });
  await t.throwsAsync(resolve(root, '/tmp/mine/link/x'), { message: /is a link that users/ });
});

const asRoot = system.uid === 0 ? test : test.skip;
asRoot('a link in a user’s folder, and a user’s link, are not followed', async (t) => {
  const root = await tree(t, system1, links1);
  await files.chown(join(root, 'home/me'), 1000, 1000);
  await t.throwsAsync(resolve(root, '/home/me/planted'), {
    message: /\/home\/me\/planted is a link that users/,
  });
  t.is((await resolve(root, '/home/me/a/new')).path, '/home/me/a/new');
  await files.chown(join(root, 'bin'), 1000, 1000);
  await t.throwsAsync(resolve(root, '/bin/x'), { message: /\/bin is a link that users/ });
});

test('whatever links there are, what results is below the root and has none', async (t) => {
  const names = ['a', 'b', 'c', 'd'];
  const target = fc
    .array(fc.constantFrom(...names, '..', '.'), { minLength: 1, maxLength: 4 })
    .chain((parts) => fc.constantFrom(parts.join('/'), `/${parts.join('/')}`));
  const place = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)).map((pair) => pair.join('/'));
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(place, target, { maxKeys: 6 }),
      fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
      async (links, path) => {
        const root = await tree(t, names, links);
        const found = await resolve(root, `/${path.join('/')}`).catch((error: Error) => error);
        if (found instanceof Error) {
          t.regex(found.message, /too many links|above the root|does not exist|no folder/);
          return;
        }
        t.notRegex(found.path, /\/\.\.?(\/|$)/);
        t.not(found.stat?.type, 'symlink');
        // The kernel says the same of what exists, but for a link to an absolute path: it means the host's root.
        const isRelative = Object.values(links).every((link) => !link.startsWith('/'));
        if (isRelative && found.stat !== undefined)
          t.is(
            await files.realPath(join(root, ...path)),
            join(await files.realPath(root), found.path).replace(/\/$/, ''),
          );
      },
    ),
    { numRuns: runs(60) },
  );
});

test('opening makes what is missing and goes through no link', async (t) => {
  const root = await tree(t, ['etc'], { link: 'etc' });
  const folder = await openFolderInRoot(files, root, '/etc/new/deep');
  await files.write(join(folder.path, 'file'), 'x');
  await folder.close();
  t.is(await files.readText(join(root, 'etc/new/deep/file')), 'x');
  t.is((await files.stat(join(root, 'etc/new')))?.mode, 0o755);
  await t.throwsAsync(openFolderInRoot(files, root, '/link/new'), { message: /ELOOP|ENOTDIR/ });
  t.deepEqual(await files.list(join(root, 'etc')), ['new']);
});

test('the root of the running system is the empty text', async (t) => {
  const root = await files.makeTempDir('bos-test-');
  t.teardown(() => files.remove(root));
  const folder = await openFolderInRoot(files, '', `${root}/new/deep`);
  await files.write(`${folder.path}/file`, 'x');
  await folder.close();
  t.is(await files.readText(`${root}/new/deep/file`), 'x');
});
