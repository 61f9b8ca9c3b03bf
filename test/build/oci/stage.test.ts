/** The OCI image that a build makes: whole, the same each time, a medium as it lies there, and able to run its opsctl. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { ociStage } from '../../../src/build/oci/stage.ts';
import type { Stage } from '../../../src/build/stage.ts';
import { inspectOci } from '../../../src/image/oci/inspect.ts';
import { openImage } from '../../../src/media/image.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { openLayout, resolveLayout } from '../../../src/media/oci/layout.ts';
import { readOciMedium } from '../../../src/media/oci/medium.ts';
import { digestOf } from '../../../src/oci/documents.ts';
import { contents, systemManifest } from '../../fakes/oci-image.ts';
import { folder, realHost } from '../support.ts';

const host = { ...realHost, system: { ...realHost.system, arch: 'amd64' as const } };
const none: Stage = { name: 'x', title: 'x', inputs: null, needs: {}, make: async () => {} };
const date = 1_700_000_000;

/** Folders of the stages that are needed, with what the image is made of. `minutes`: when its files were made. */
async function needs(t: ExecutionContext, minutes: number) {
  const [medium, executable, base] = [await folder(t), await folder(t), await folder(t)];
  const put = (path: string, bytes: string | Uint8Array, mode = 0o644) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, bytes);
    chmodSync(path, mode);
    utimesSync(path, minutes * 60, minutes * 60);
  };
  for (const [path, bytes] of Object.entries(contents)) put(`${medium}/tree/${path}`, bytes);
  put(`${medium}/tree/${manifestPath}`, renderManifest(systemManifest));
  put(`${medium}/tree/boot/grub/grub.cfg`, 'of the ISO alone');
  symlinkSync('6.1', `${medium}/tree/bos/system/kernel/current`);
  put(`${executable}/opsctl`, '#!/bin/sh\n', 0o755);
  const library = `${base}/root/usr/lib/x86_64-linux-gnu`;
  for (const name of [
    'libc.so.6',
    'libm.so.6',
    'libstdc++.so.6.0.30',
    'ld-linux-x86-64.so.2',
    'libsystemd.so.0',
  ])
    put(`${library}/${name}`, name);
  symlinkSync('usr/lib', `${base}/root/lib`);
  const options = ['--sort=name', '--owner=0', '--group=0', `--mtime=@${date}`, '--format=pax'];
  const pax = '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime';
  execFileSync('tar', [...options, pax, '-C', `${base}/root`, '-cf', `${base}/base.tar`, '.']);
  return { medium, executable, base };
}

async function made(t: ExecutionContext, minutes = 1): Promise<string> {
  const target = await folder(t);
  const stage = ociStage(realHost, { medium: none, executable: none, base: none }, 'amd64', date);
  await stage.make({
    folder: target,
    from: await needs(t, minutes),
    percent: () => {},
    signal: new AbortController().signal,
  });
  t.deepEqual(await realHost.files.list(target), ['bos-oci.tar']);
  return `${target}/bos-oci.tar`;
}

test('the same medium gives the same bytes, whenever its files were made', async (t) => {
  const [first, second] = [await made(t, 1), await made(t, 99)];
  t.is(Buffer.compare(readFileSync(first), readFileSync(second)), 0);
});

test('it is a medium, every file of which lies in the archive as it is', async (t) => {
  const archive = await made(t);
  const { files, manifest } = await readOciMedium(host, `oci-archive:${archive}`, 'url:image');
  t.is(manifest.os, '1.0.0');
  const bytes = readFileSync(archive);
  for (const { path, extents } of files)
    for (const { offset, length } of extents)
      t.is(
        Buffer.compare(bytes.subarray(offset, offset + length), contents[path] ?? Buffer.alloc(0)),
        0,
        path,
      );
});

test('its documents are those of the OCI: versions, a layer for each part, digests of what is packed and unpacked', async (t) => {
  const archive = await made(t);
  const { images } = await inspectOci(host, `oci-archive:${archive}`, { mirrors: [], plainHttp: false });
  t.like(images[0], { os: 'linux', arch: 'amd64', versions: { kernel: '6.1', os: '1.0.0', dcp: null } });
  t.deepEqual(
    images[0]?.layers.map(({ holds, plain }) => [holds, plain]),
    [
      ['kernel', true],
      ['os', true],
      ['manifest', true],
      ['opsctl', false],
    ],
  );
  const image = await openImage(host, archive, 'url:image');
  t.teardown(image.close);
  const layout = await openLayout(image, archive);
  const { manifest } = await resolveLayout(layout, 'amd64');
  const read = async (blob: (typeof manifest.layers)[number]) => {
    const { offset, length } = layout.blob(blob);
    return image.read(offset, length);
  };
  const config = JSON.parse(Buffer.from(await read(manifest.config)).toString());
  t.like(config, { architecture: 'amd64', os: 'linux', created: '2023-11-14T22:13:20Z' });
  t.deepEqual(config.config.Entrypoint, ['/usr/bin/opsctl']);
  const unpacked: string[] = [];
  for (const layer of manifest.layers) {
    const bytes = await read(layer);
    t.is(digestOf(bytes), layer.digest);
    unpacked.push(digestOf(layer.mediaType.endsWith('gzip') ? gunzipSync(bytes) : bytes));
  }
  t.deepEqual(config.rootfs.diff_ids, unpacked);
});

test('opsctl lies there with what it loads, and with nothing else', async (t) => {
  const archive = await made(t);
  const image = await openImage(host, archive, 'url:image');
  t.teardown(image.close);
  const layout = await openLayout(image, archive);
  const last = (await resolveLayout(layout, 'amd64')).manifest.layers.at(-1);
  if (last === undefined) return t.fail();
  const { offset, length } = layout.blob(last);
  const listed = execFileSync('tar', ['-tvzf', '-'], {
    input: await image.read(offset, length),
    encoding: 'utf8',
  });
  const names = listed
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+)\s.*\d\d:\d\d (\.\/)?/, '$1 '));
  t.deepEqual(names, [
    'lrwxrwxrwx lib -> usr/lib',
    ...['ld-linux-x86-64.so.2', 'libc.so.6', 'libm.so.6', 'libstdc++.so.6.0.30'].map(
      (name) => `-rw-r--r-- usr/lib/x86_64-linux-gnu/${name}`,
    ),
    '-rw-r--r-- etc/passwd',
    'drwx------ root/',
    'drwxrwxrwt tmp/',
    '-rwxr-xr-x usr/bin/opsctl',
  ]);
});
