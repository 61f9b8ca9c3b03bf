/** The dpkg status that scanners of a running system read follows the image, and never stops a boot. */
import test from 'ava';
import { keepPackageStatus } from '../../../src/runtime/boot/package-status.ts';
import { lineOf } from '../../fakes/effects.ts';
import { fakeHost } from '../../fakes/host.ts';

const image = '/usr/lib/dpkg/status';
const inVar = '/data/var/lib/dpkg/status';

test('a missing status, one of an older image and a link in its place become that of the image', async (t) => {
  for (const before of [{}, { [inVar]: 'Package: old\n' }] as const) {
    const host = fakeHost({ files: { [image]: 'Package: new\n', ...before }, folders: ['/data/var'] });
    await keepPackageStatus(host, '/', '/data/var');
    t.is(await host.files.readText(inVar), 'Package: new\n');
    t.deepEqual(host.effects.map(lineOf), ['mkdir /data/var/lib/dpkg 0755', `replace ${inVar} 0644`]);
  }
  const host = fakeHost({
    files: { [image]: 'Package: new\n', '/etc/shadow': 'secret' },
    folders: ['/data/var/lib/dpkg'],
  });
  await host.files.symlink('/etc/shadow', inVar);
  await keepPackageStatus(host, '/', '/data/var');
  t.is(await host.files.readText('/etc/shadow'), 'secret');
  t.is((await host.files.stat(inVar))?.type, 'file');
});

test('one that is right is not written again', async (t) => {
  const host = fakeHost({ files: { [image]: 'Package: a\n', [inVar]: 'Package: a\n' } });
  const before = host.effects.length;
  await keepPackageStatus(host, '/', '/data/var');
  t.is(host.effects.length, before);
});

test('an image without one, and a disk that takes nothing, stop nothing', async (t) => {
  const none = fakeHost({ folders: ['/data/var'] });
  await t.notThrowsAsync(keepPackageStatus(none, '/', '/data/var'));
  const full = fakeHost({ files: { [image]: 'Package: a\n' }, folders: ['/data/var'] });
  const files = { ...full.files, writeAtomic: () => Promise.reject(new Error('ENOSPC')) };
  await t.notThrowsAsync(keepPackageStatus({ files }, '/', '/data/var'));
});
