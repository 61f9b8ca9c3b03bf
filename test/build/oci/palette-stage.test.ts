/** The image that system.uri of a pack names: a whole root file system, kernel and initrd in /boot, the same each time. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseArgFile } from '../../../src/build/oci/arg-file.ts';
import { paletteStage } from '../../../src/build/oci/palette-stage.ts';
import { layered } from '../../../src/build/own/layers.ts';
import { imageRootStage } from '../../../src/build/own/root-stage.ts';
import { openStoredImage } from '../../../src/build/own/source.ts';
import { type Stage, stageRunner } from '../../../src/build/stage.ts';
import type { OverlayEntry } from '../../../src/build/stages/rootfs.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { systemManifest } from '../../fakes/oci-image.ts';
import { archiveOf, shownTree } from '../own/archives.ts';
import { folder, realHost, stageContext } from '../support.ts';

const none: Stage = { name: 'x', title: 'x', inputs: null, needs: {}, make: async () => {} };
const name = parseArgFile(
  'IMAGE_REGISTRY=registry.example.com\nIMAGE_REPO=bos\nK8S_DISTRIBUTION=k3s\nK8S_VERSION=1.29.4\nPE_VERSION=v4.5.4\n',
  '.arg',
  'amd64',
);
const overlay: readonly OverlayEntry[] = [
  { path: 'usr/bin/opsctl', text: 'opsctl', mode: 0o755 },
  { path: 'var/lib/dpkg/status', text: 'packages', mode: 0o644 },
  { path: 'etc/os-release', link: '../usr/lib/os-release' },
];

async function needs(t: ExecutionContext) {
  const [base, medium, modules] = [await folder(t), await folder(t), await folder(t)];
  writeFileSync(
    join(base, 'base.tar'),
    archiveOf([
      ['./etc/', ''],
      ['./etc/os-release', 'of the base'],
      ['./usr/lib/bhojpur/var-template/', ''],
      ['./usr/lib/bhojpur/var-template/lib/', ''],
      ['./usr/lib/bhojpur/var-template/lib/secret', { content: 'kept', mode: 0o600, uid: 7 }],
      [
        './usr/lib/bhojpur/var-template/lib/same',
        { kind: 'link', linkpath: './usr/lib/bhojpur/var-template/lib/secret' },
      ],
      ['./var/', ''],
    ]),
  );
  const kernel = join(medium, 'tree/bos/system/kernel/6.1');
  mkdirSync(kernel, { recursive: true });
  for (const file of ['vmlinuz', 'initrd']) writeFileSync(join(kernel, file), `the ${file}`);
  mkdirSync(join(modules, 'modules/6.1'), { recursive: true });
  mkdirSync(join(modules, 'firmware'));
  writeFileSync(join(modules, 'modules/6.1/modules.dep'), 'kernel/a.ko:\n');
  writeFileSync(join(modules, 'firmware/regulatory.db'), 'rules');
  symlinkSync('regulatory.db', join(modules, 'firmware/link'));
  const image = join(kernel, 'kernel.squashfs');
  await realHost.processes.run('mksquashfs', [modules, image, '-no-progress', '-all-root', '-all-time', '0']);
  writeFileSync(join(medium, 'tree', manifestPath), renderManifest(systemManifest));
  return { base, medium, node: base, boot: base, kernel: base, inventory: base };
}

async function made(t: ExecutionContext): Promise<string> {
  const target = await folder(t);
  const stage = paletteStage(
    realHost,
    { base: none, medium: none, node: none, boot: none, kernel: none, inventory: none },
    { arch: 'amd64', date: 1_700_000_000, name, overlay, overlayDigest: null },
  );
  const signal = new AbortController().signal;
  await stage.make({ folder: target, from: await needs(t), percent: () => {}, signal });
  return target;
}

test('a whole root file system, with /var of the first day, and kernel and initrd in /boot', async (t) => {
  const signal = new AbortController().signal;
  const image = await openStoredImage(realHost, `${await made(t)}/bos-palette.tar`, 'archive', {
    arch: 'amd64',
    signal,
  });
  t.teardown(() => image.close());
  const root = await stageRunner(stageContext(await folder(t))).ensure(imageRootStage(realHost, image));
  const source = await realHost.files.open(`${root}/root.tar`, 'r');
  t.teardown(() => source.close());
  const tree = await layered([{ name: 'root', source }]);
  const shown = await shownTree(tree, [source]);
  t.like(shown, {
    'boot/vmlinuz': '-> vmlinuz-6.1',
    'boot/initrd': '-> initrd-6.1',
    'boot/vmlinuz-6.1': 'the vmlinuz',
    'boot/initrd-6.1': 'the initrd',
    'usr/lib/modules/6.1/modules.dep': 'kernel/a.ko:\n',
    'usr/lib/firmware/regulatory.db': 'rules',
    'usr/lib/firmware/link': '-> regulatory.db',
    'usr/bin/opsctl': 'opsctl',
    'etc/os-release': '-> ../usr/lib/os-release',
    'var/lib/secret': 'kept',
    'var/lib/same': 'kept',
    'var/lib/dpkg/status': 'packages',
  });
  const secret = tree.children?.get('var')?.children?.get('lib')?.children?.get('secret');
  t.deepEqual([secret?.details.mode, secret?.details.uid], [0o600, 7]);
});

test('the same bytes again, and a record that names them', async (t) => {
  const [first, second] = [await made(t), await made(t)];
  t.true(readFileSync(`${first}/bos-palette.tar`).equals(readFileSync(`${second}/bos-palette.tar`)));
  const record = JSON.parse(readFileSync(`${first}/image.json`, 'utf8'));
  t.is(record.reference, 'registry.example.com/bos:k3s-1.29.4-v4.5.4');
  t.regex(record.digest, /^sha256:[0-9a-f]{64}$/);
  t.deepEqual((await realHost.files.list(first)).toSorted(), ['bos-palette.tar', 'image.json']);
});
