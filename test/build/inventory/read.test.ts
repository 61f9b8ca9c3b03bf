/** The contents of images of each form, made small by the real programs. */
import test, { type ExecutionContext } from 'ava';
import { renderInventory } from '../../../src/build/inventory/inventory.ts';
import { readContents } from '../../../src/build/inventory/read.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { folder, realHost } from '../support.ts';
import { sampleInventory } from './sample.ts';

const { files, processes } = realHost;
const sha256 = '1'.repeat(64);

/** A folder with `root` (a root file system), `tree` (a medium's), `os.iso` and `os.tar.gz`. */
async function images(t: ExecutionContext, withList = true, withDcp = true): Promise<string> {
  const base = await folder(t);
  const list = `${base}/root/usr/share/bhojpur`;
  await files.makeDir(list);
  if (withList) await files.write(`${list}/packages.json`, renderInventory(sampleInventory));
  const os = `${base}/tree/bos/system/os/0.1.0`;
  await files.makeDir(os);
  await processes.run('mksquashfs', [
    `${base}/root`,
    `${os}/rootfs.squashfs`,
    '-no-progress',
    '-comp',
    'zstd',
  ]);
  const dcp = withDcp ? [{ path: 'bos/system/dcp/v1/dcp', size: 1, sha256 }] : [];
  const manifest = {
    v: 1,
    arch: 'amd64',
    kernel: '6.1.0-40-amd64',
    os: '0.1.0',
    dcp: withDcp ? 'v1' : null,
  } as const;
  await files.write(`${base}/tree/${manifestPath}`, renderManifest({ ...manifest, files: dcp }));
  await processes.run('xorriso', [
    '-as',
    'mkisofs',
    '-quiet',
    '-r',
    '-o',
    `${base}/bos-amd64.iso`,
    `${base}/tree`,
  ]);
  await processes.run('tar', ['-czf', `${base}/os.tar.gz`, '-C', `${base}/tree`, './bos']);
  return base;
}

test('an ISO, a tarball, a tree and a folder of artifacts say what is in them, DCP included', async (t) => {
  const base = await images(t);
  for (const path of ['bos-amd64.iso', 'os.tar.gz', 'tree', '.'])
    t.deepEqual(
      await readContents(realHost, `${base}/${path}`),
      { inventory: sampleInventory, dcp: { version: 'v1', sha256 } },
      path,
    );
});

test('a root file system, packed or not, and a medium without DCP say it without DCP', async (t) => {
  const base = await images(t, true, false);
  for (const path of ['root', 'tree/bos/system/os/0.1.0/rootfs.squashfs', 'bos-amd64.iso'])
    t.deepEqual(await readContents(realHost, `${base}/${path}`), { inventory: sampleInventory }, path);
});

test('what has no list, or is no image, is refused with what to do', async (t) => {
  const base = await images(t, false);
  await files.write(`${base}/text`, 'x'.repeat(100_000));
  await files.makeDir(`${base}/empty`);
  for (const [path, code, hint] of [
    ['bos-amd64.iso', 'inventory-missing', /build it again/],
    ['tree/bos/system/os/0.1.0/rootfs.squashfs', 'inventory-missing', /build it again/],
    ['empty', 'image-unknown', /Name an ISO/],
    ['nothing', 'image-missing', /opsctl build iso/],
    ['text', 'image-unknown', /Name an ISO/],
  ] as const) {
    const error = await t.throwsAsync<Error & { hint?: string }>(readContents(realHost, `${base}/${path}`));
    t.like(error, { code }, path);
    t.regex(error?.hint ?? '', hint, path);
  }
});
