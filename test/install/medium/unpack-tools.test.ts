/** The tools that are taken out of a root file system: which, where to, with what they need, and for root alone. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import test from 'ava';
import { elfNeeds } from '../../../src/formats/executables/elf.ts';
import type { Squashfs } from '../../../src/formats/filesystems/squashfs.ts';
import { bootAssetFolder, bootAssetNames, partitionAssetNames } from '../../../src/install/medium/live.ts';
import { mediumPrograms, unpackTools } from '../../../src/install/medium/tools.ts';
import { fakeHost } from '../../fakes/host.ts';

const program = readFileSync('/usr/bin/lsblk');
/** It needs nothing more. */
const library = readFileSync('/bin/busybox');
const { interpreter = '', libraries } = elfNeeds(program);
const folder = '/usr/lib/x86_64-linux-gnu';

const whole: Readonly<Record<string, Buffer>> = {
  ...Object.fromEntries(mediumPrograms.map((name) => [`usr/sbin/${name}`, program])),
  ...Object.fromEntries(libraries.map((name) => [`${folder.slice(1)}/${name}`, library])),
  [interpreter]: library,
  ...Object.fromEntries(
    [...bootAssetNames('amd64'), ...partitionAssetNames('amd64')].map((name) => [
      `${bootAssetFolder}/${name}`,
      Buffer.from(`the bytes of ${name}`),
    ]),
  ),
  'etc/mke2fs.conf': Buffer.from('[defaults]\n'),
};

/** A root file system of these files; `links` lead from a program to another. */
function rootOf(
  files: Readonly<Record<string, Buffer | undefined>>,
  links: Readonly<Record<string, string>> = {},
) {
  const read: string[] = [];
  const root = {
    stat: async (path: string) => {
      const real = links[path] ?? path;
      return files[real] === undefined ? undefined : { type: 'file', path: real };
    },
    list: async () => ['x86_64-linux-gnu', 'python3'],
    readFile: async (path: string) => {
      read.push(path);
      const bytes = files[path];
      if (bytes === undefined) throw new Error(`no ${path}`);
      return bytes;
    },
  } as unknown as Squashfs;
  return { root, read };
}

test('programs, what they need and the boot loader lie apart, and nobody else may read or start them', async (t) => {
  const host = fakeHost();
  const bundled = await unpackTools(host, rootOf(whole).root, '/tmp/x');
  t.is(bundled.loader, '/tmp/x/ld.so');
  t.is(bundled.libraries, '/tmp/x/lib');
  t.deepEqual([...bundled.programs.keys()], [...mediumPrograms]);
  t.is(bundled.programs.get('mkfs.ext4'), '/tmp/x/bin/mkfs.ext4');
  t.like(bundled.env, { MKE2FS_CONFIG: '/tmp/x/mke2fs.conf', GCONV_PATH: '/tmp/x/lib' });
  t.is(await host.files.readText('/tmp/x/mke2fs.conf'), '[defaults]\n');
  const paths = [
    ...mediumPrograms.map((name) => `bin/${name}`),
    ...libraries.map((name) => `lib/${name}`),
    ...[...bootAssetNames('amd64'), ...partitionAssetNames('amd64')].map((name) => `boot/${name}`),
    'ld.so',
  ];
  t.deepEqual(Object.keys(host.tree('/tmp/x')).toSorted(), [...paths, 'mke2fs.conf'].toSorted());
  for (const path of paths) t.is((await host.files.stat(`/tmp/x/${path}`))?.mode, 0o700, path);
});

test('a program that has several names is taken once', async (t) => {
  const host = fakeHost();
  const links = { 'usr/sbin/mdir': 'usr/sbin/mtools', 'usr/sbin/mtype': 'usr/sbin/mtools' };
  const { root, read } = rootOf({ ...whole, 'usr/sbin/mtools': program }, links);
  const { programs } = await unpackTools(host, root, '/tmp/x');
  t.is(programs.get('mdir'), '/tmp/x/bin/mtools');
  t.is(programs.get('mtype'), '/tmp/x/bin/mtools');
  t.is(read.filter((path) => basename(path) === 'mtools').length, 1);
});

test('a medium without what every installation needs is refused with all that is missing', async (t) => {
  const without = (...names: readonly string[]) =>
    unpackTools(
      fakeHost(),
      rootOf({ ...whole, ...Object.fromEntries(names.map((name) => [name, undefined])) }).root,
      '/tmp/x',
    );
  const error = await t.throwsAsync(without('usr/sbin/lsblk', 'usr/sbin/mtype', 'usr/sbin/efibootmgr'), {
    code: 'tools-missing',
  });
  t.like(error, { kind: 'refused', details: ['lsblk is missing', 'mtype is missing'] });
  await t.notThrowsAsync(without('usr/sbin/efibootmgr'));
  t.like(await t.throwsAsync(without(`${folder.slice(1)}/${libraries[0]}`)), {
    details: [`the library ${libraries[0]} is missing`],
  });
  const script = rootOf({ ...whole, 'usr/sbin/lsblk': Buffer.from('#!/bin/sh\n') });
  t.like(await t.throwsAsync(unpackTools(fakeHost(), script.root, '/tmp/x')), {
    details: ['usr/sbin/lsblk is not a program'],
  });
});
