/** The stages from the medium on, with the real programs and small files: contents, and the same bytes twice. */
import test, { type ExecutionContext } from 'ava';
import { boardKernel } from '../../src/boot/deployment.ts';
import { type Stage, stageRunner } from '../../src/build/stage.ts';
import { isoStage } from '../../src/build/stages/iso.ts';
import { mediumStage } from '../../src/build/stages/medium.ts';
import { pxeStage } from '../../src/build/stages/pxe.ts';
import { tarballStage } from '../../src/build/stages/tarball.ts';
import { decodeBlockIndex } from '../../src/formats/block-index.ts';
import { sha256File, sha256Of } from '../../src/host/digest.ts';
import { manifestPath, parseManifest } from '../../src/media/manifest.ts';
import { overlayFiles } from '../../src/media/overlay.ts';
import { image } from '../formats/filesystems/squashfs-image.ts';
import { folder, realHost, stageContext } from './support.ts';

const { files, processes } = realHost;
const date = 1_750_000_000;

/** A stage that only has files, made in the order given. */
function given(name: string, content: Readonly<Record<string, string | Uint8Array>>): Stage {
  const write = async (to: string) => {
    for (const [path, text] of Object.entries(content)) {
      await files.makeDir(`${to}/${path}`.replace(/\/[^/]*$/, ''));
      await files.write(`${to}/${path}`, text);
    }
  };
  const inputs = Object.fromEntries(Object.entries(content).map(([path, of]) => [path, sha256Of(of)]));
  return { name, title: name, inputs, needs: {}, make: (work) => write(work.folder) };
}

const boot: Stage = {
  name: 'boot',
  title: 'boot',
  inputs: null,
  needs: {},
  make: async ({ folder: to }) => {
    await files.makeDir(`${to}/iso`);
    await files.makeDir(`${to}/static`);
    for (const name of ['busybox', 'e2fsck'])
      await files.write(`${to}/static/${name}`, `static ${name}`, { mode: 0o755 });
    await files.write(`${to}/iso/eltorito.img`, 'e'.repeat(4096));
    await files.write(`${to}/iso/boot_hybrid.img`, 'h'.repeat(512));
    await processes.run('mkfs.fat', ['-C', '--invariant', `${to}/iso/efi.img`, '512']);
  },
};

const scripts = { init: '#!/bos/system/overlay/busybox sh\n', start: 'exit 0\n' };

async function stages(t: ExecutionContext, withDcp = true) {
  const source = `${await folder(t)}/dcp`;
  await files.write(source, '#!/bin/sh\n', { mode: 0o600 });
  const dcp = { version: 'v1+dcp1', file: source, sha256: await sha256File(files, source) };
  const squashfs = image(t, '-comp', 'zstd', '-mkfs-time', '1', '-all-time', '1');
  const initrd = given('initrd', { initrd: 'the initrd' });
  const rootfs = given('rootfs', { 'rootfs.squashfs': squashfs });
  const medium = mediumStage(
    realHost,
    {
      kernel: given('kernel', { vmlinuz: 'kernel', 'kernel.squashfs': squashfs }),
      initrd,
      rootfs,
    },
    {
      arch: 'amd64',
      release: '6.1.0-40-amd64',
      version: '1.2.3',
      grubCfg: 'menu\n',
      dcp: withDcp ? dcp : undefined,
    },
  );
  return {
    medium,
    iso: isoStage(realHost, { medium, boot }, 'amd64', date),
    pxe: pxeStage(realHost, { initrd, medium }, date),
    tarball: tarballStage(
      realHost,
      { rootfs, boot },
      { ...{ arch: 'amd64', version: '1.2.3', date }, dcp: withDcp ? dcp : undefined, scripts },
    ),
  };
}

test('the medium has a manifest that is true, and links to what is current', async (t) => {
  const { medium } = await stages(t);
  const tree = `${await stageRunner(stageContext(await folder(t))).ensure(medium)}/tree`;
  const manifest = parseManifest(await files.readText(`${tree}/${manifestPath}`), 'm');
  t.like(manifest, { kernel: '6.1.0-40-amd64', os: '1.2.3', dcp: 'v1+dcp1', arch: 'amd64' });
  t.is(manifest.files.length, 7);
  for (const { path, size, sha256 } of manifest.files) {
    t.is((await files.stat(`${tree}/${path}`))?.size, size);
    t.is(await sha256File(files, `${tree}/${path}`), sha256);
  }
  for (const [part, version] of Object.entries({
    kernel: manifest.kernel,
    os: manifest.os,
    dcp: 'v1+dcp1',
  }))
    t.is(await files.readLink(`${tree}/bos/system/${part}/current`), version);
  t.is((await files.stat(`${tree}/bos/system/dcp/v1+dcp1/dcp`))?.mode, 0o755);
});

test('beside each squashfs lies the index of its blocks, which the manifest covers', async (t) => {
  const { medium } = await stages(t);
  const tree = `${await stageRunner(stageContext(await folder(t))).ensure(medium)}/tree`;
  const { files: listed } = parseManifest(await files.readText(`${tree}/${manifestPath}`), 'm');
  const packed = listed.filter(({ path }) => path.endsWith('.squashfs'));
  t.is(packed.length, 2);
  for (const { path, size, sha256 } of packed) {
    const index = await files.read(`${tree}/${path}.blocks`);
    t.like(decodeBlockIndex(index, path), { size, sha256 });
    t.is(listed.find((file) => file.path === `${path}.blocks`)?.sha256, sha256Of(index));
    t.is((await files.stat(`${tree}/${path}.blocks`))?.mode, 0o644);
  }
});

test('without DCP there is neither a folder nor a version of it', async (t) => {
  const { medium } = await stages(t, false);
  const tree = `${await stageRunner(stageContext(await folder(t))).ensure(medium)}/tree`;
  t.is(parseManifest(await files.readText(`${tree}/${manifestPath}`), 'm').dcp, null);
  t.false(await files.exists(`${tree}/bos/system/dcp`));
});

test('ISO, PXE initrd and tarball are the same bytes in another place, at another time', async (t) => {
  const digests: string[][] = [];
  for (const round of [1, 2]) {
    const cache = `${await folder(t)}/${'deep/'.repeat(round)}`;
    await files.makeDir(cache);
    const { medium, iso, pxe, tarball } = await stages(t);
    const runner = stageRunner(stageContext(cache));
    if (round === 2) await shuffle(await runner.ensure(medium));
    digests.push([
      await sha256File(files, `${await runner.ensure(iso)}/bos.iso`),
      await sha256File(files, `${await runner.ensure(pxe)}/initrd`),
      await sha256File(files, `${await runner.ensure(tarball)}/rootfs.tar.gz`),
      ...[medium, iso, pxe, tarball].map((stage) => runner.key(stage)),
    ]);
  }
  t.deepEqual(digests[1], digests[0]);
});

/** Gives the files of a tree other inode numbers, times, and another order in their folders. */
async function shuffle(tree: string): Promise<void> {
  const { stdout } = await processes.run('find', [tree, '-type', 'f']);
  for (const path of stdout.trim().split('\n').toSorted().toReversed()) {
    await files.copy(path, `${path}.new`);
    await files.chmod(`${path}.new`, (await files.stat(path))?.mode ?? 0);
    await files.rename(`${path}.new`, path);
  }
  await processes.run('find', [tree, '-exec', 'touch', '-h', '-d', '@1234567890', '{}', '+']);
}

test('the ISO has the medium, both boot images and a menu', async (t) => {
  const { iso } = await stages(t);
  const path = `${await stageRunner(stageContext(await folder(t))).ensure(iso)}/bos.iso`;
  const { stdout } = await processes.run('xorriso', ['-indev', path, '-find', '/', '-type', 'f']);
  for (const name of [
    manifestPath,
    'boot/grub/grub.cfg',
    '.disk/info',
    '.disk/bos',
    'boot/grub/eltorito.img',
  ])
    t.true(stdout.includes(`'/${name}'`), name);
  const { stdout: report } = await processes.run('xorriso', ['-indev', path, '-report_el_torito', 'plain']);
  t.regex(report, /BIOS .*y .*none/);
  t.regex(report, /UEFI .*y .*none/);
});

const unpackedFrom = async (t: ExecutionContext, root: string, program: readonly string[] = ['tar']) => {
  const { tarball } = await stages(t);
  const path = `${await stageRunner(stageContext(await folder(t))).ensure(tarball)}/rootfs.tar.gz`;
  const [command = '', ...first] = program;
  // As it is documented.
  await processes.run(command, [...first, 'zxvf', '-', '--strip-components=1', '-C', root], {
    inputFile: path,
  });
};

test('the tarball has files and links below one folder, owned by root, and no folders; /sbin/init is the last', async (t) => {
  const { tarball } = await stages(t);
  const path = `${await stageRunner(stageContext(await folder(t))).ensure(tarball)}/rootfs.tar.gz`;
  const { stdout } = await processes.run('tar', ['--list', '--verbose', '--numeric-owner', `--file=${path}`]);
  const lines = stdout.trim().split('\n');
  for (const line of lines.slice(0, -1)) t.regex(line, /^[-l]\S+ 0\/0 .* bos-rootfs-amd64\/bos\/system\//);
  t.regex(lines[0] ?? '', /overlay\/busybox$/);
  t.regex(
    lines.at(-1) ?? '',
    /^hrwxr-xr-x 0\/0 .* bos-rootfs-amd64\/sbin\/init link to bos-rootfs-amd64\/bos\/system\/overlay\/init$/,
  );
  t.true(stdout.includes('bos-rootfs-amd64/bos/system/os/current -> 1.2.3\n'));
  t.false(stdout.includes('/kernel/'));
});

const trees: readonly (readonly [name: string, make: (root: string) => Promise<void>])[] = [
  [
    'merged /usr, where /sbin is a link',
    async (root) => {
      await files.makeDir(`${root}/usr/sbin`);
      await files.makeDir(`${root}/usr/lib/systemd`);
      await files.symlink('usr/sbin', `${root}/sbin`);
      await files.symlink('../lib/systemd/systemd', `${root}/usr/sbin/init`);
      await files.write(`${root}/usr/lib/systemd/systemd`, 'old');
    },
  ],
  [
    'the old layout',
    async (root) => {
      await files.makeDir(`${root}/sbin`);
      await files.write(`${root}/sbin/init`, 'old');
      await files.makeDir(`${root}/usr/lib/systemd`);
      await files.write(`${root}/usr/lib/systemd/systemd`, 'old');
    },
  ],
];
for (const [name, make] of trees)
  for (const program of [['tar'], ['busybox', 'tar']])
    test(`unpacked by ${program.join(' ')} over ${name}: our init, and everything else as it was`, async (t) => {
      const root = await folder(t);
      await make(root);
      const sbin = await files.stat(`${root}/sbin`);
      await unpackedFrom(t, root, program);
      await unpackedFrom(t, root, program);
      t.is((await files.stat(`${root}/sbin`))?.type, sbin?.type);
      t.is(await files.readText(`${root}/sbin/init`), scripts.init);
      t.is((await files.stat(`${root}/sbin/init`))?.mode, 0o755);
      t.is(await files.readText(`${root}/usr/lib/systemd/systemd`), 'old');
      const manifest = parseManifest(await files.readText(`${root}/${manifestPath}`), 'm');
      t.like(manifest, { kernel: boardKernel, os: '1.2.3', dcp: 'v1+dcp1' });
      for (const one of manifest.files) t.is(await sha256File(files, `${root}/${one.path}`), one.sha256);
      t.is(
        await files.readText(`${root}/${overlayFiles.unpacked}`),
        `${sha256Of(await files.readText(`${root}/${manifestPath}`))}\n`,
      );
    });

test('the PXE initrd is the small initrd and then an archive of bos/', async (t) => {
  const { pxe } = await stages(t);
  const path = `${await stageRunner(stageContext(await folder(t))).ensure(pxe)}/initrd`;
  const bytes = await files.read(path);
  const start = bytes.indexOf('070701');
  t.is(start % 512, 0);
  t.true(bytes.subarray(0, start).toString('latin1').startsWith('the initrd\0'));
  const out = await folder(t);
  const input = bytes.subarray(start);
  await processes.run('cpio', ['--extract', '--quiet', '--no-preserve-owner'], { cwd: out, input });
  const manifest = parseManifest(await files.readText(`${out}/${manifestPath}`), 'm');
  for (const one of manifest.files) t.is(await sha256File(files, `${out}/${one.path}`), one.sha256);
  t.deepEqual(await files.list(out), ['bos']);
});
