/** What an overlay looks at and refuses before anything is touched, and its plan: with real file systems. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type OverlayRequest, prepareOverlay } from '../../../src/install/overlay/prepare.ts';
import { planRemoval } from '../../../src/install/overlay/remove.ts';
import { overlayFiles } from '../../../src/media/overlay.ts';
import { fillExt4Schema } from '../../../src/steps/overlay/fill-ext4.ts';
import { realHost } from '../../build/support.ts';
import { watchingOpen } from '../../fakes/opened.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { diskImage, ours, program, type RootOptions, rootImage, smallTarball, writeRoot } from './boards.ts';

const host = { ...realHost, system: { ...realHost.system, uid: 0 } };

const plain = {
  ...{ silent: true, wipe: false, always: false, forceEfi: false, noFormat: false, allowNoLogin: true },
  ...{
    allowWarnings: false,
    insecure: false,
    debug: false,
    after: 'stay' as const,
    dryRun: false,
    config: {},
  },
  ...{ tarball: undefined, output: undefined, boot: undefined, commandLine: undefined },
} as const;

interface Place {
  readonly folder: string;
  readonly root: string;
  readonly tarball: string;
}

function place(t: ExecutionContext, options: RootOptions = {}): Place {
  const folder = temporaryFolder(t);
  const root = join(folder, 'root');
  mkdirSync(root);
  writeRoot(root, options);
  return { folder, root, tarball: smallTarball(join(folder, 'rootfs.tar.gz')) };
}

async function prepare({ folder, tarball }: Place, overlay: string, more: Partial<OverlayRequest> = {}) {
  const work = join(folder, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  const watched = watchingOpen(host);
  const preparing = prepareOverlay(watched.host, { ...plain, overlay, tarball, ...more }, work);
  await preparing.catch(() => {});
  if (watched.open.length > 0) throw new Error(`left open: ${watched.open}`);
  return preparing;
}

const kinds = ({ plan }: Awaited<ReturnType<typeof prepare>>) => plan.steps.map(({ kind }) => kind);

test('a folder: files, then what the kernel starts, by one step at the end', async (t) => {
  const made = place(t);
  const prepared = await prepare(made, made.root);
  t.deepEqual(kinds(prepared), [
    ...['claim-folders', 'copy-files', 'make-folders', 'make-links', 'write-file', 'write-file'],
    ...['verify-files', 'write-journal', 'switch-init'],
  ]);
  t.like(prepared.plan.steps.at(-1), {
    ...{ path: 'usr/sbin/init', kept: 'usr/sbin/init.before-bos', target: '../lib/systemd/systemd' },
  });
  t.like(
    prepared.plan.steps.find(({ kind }) => kind === 'make-folders'),
    { folders: [{ mode: 0o755 }] },
  );
  t.like(
    prepared.plan.steps.find(({ id }) => id === 'write-config'),
    { mode: 0o600 },
  );
  t.is(prepared.plan.target, `${made.root} (A board)`);
  t.regex(prepared.notes.join(), /cmdline\.txt mounts the root read-only \(ro\)/);
});

test('an image: a copy, what comes into it, its name', async (t) => {
  const made = place(t, { init: 'file' });
  const image = diskImage(join(made.folder, 'board.img'), [rootImage(made.root, join(made.folder, 'part'))]);
  const output = join(made.folder, 'out.img');
  chmodSync(image, 0o640);
  const prepared = await prepare(made, image, { output });
  t.deepEqual(kinds(prepared), ['copy-image', 'fill-ext4', 'name-image']);
  t.like(prepared.plan.steps[1], { offset: 2 ** 20, init: { target: null }, config: { mode: 0o600 } });
  const { files } = fillExt4Schema.parse(prepared.plan.steps[1]);
  t.is(files.find(({ path }) => path === overlayFiles.busybox)?.mode, 0o755);
  t.is(files.find(({ path }) => path.endsWith('.squashfs'))?.mode, 0o644);
  t.like(prepared.plan.steps[2], { to: output, mode: 0o640 });
  t.deepEqual(prepared.facts.target, {
    ...{ kind: 'image', path: image, offset: 2 ** 20, size: 96 * 2 ** 20, partition: 1 },
  });
});

test('a packed image is unpacked to look into it, with its holes, and keeps its mode', async (t) => {
  const made = place(t);
  const image = diskImage(join(made.folder, 'board.img'), [rootImage(made.root, join(made.folder, 'part'))]);
  tool('gzip', '-1', image);
  chmodSync(`${image}.gz`, 0o640);
  const { plan } = await prepare(made, `${image}.gz`, { output: join(made.folder, 'out.img') });
  t.like(plan.steps[0], { kind: 'copy-image', unpacked: true, size: 97 * 2 ** 20 });
  t.like(plan.steps[2], { kind: 'name-image', mode: 0o640 });
});

test('the way back in an image: the copy has the mode of the image', (t) => {
  const target = { kind: 'image', path: '/a.img', offset: 512, size: 4096, partition: 1 } as const;
  const image = { from: '/a.img', unpacked: false, size: 8192, output: '/b.img', mode: 0o640 };
  const back = { folder: 'usr/sbin', kept: true, target: null };
  const { steps } = planRemoval({ target }, '', back, { keepSystem: false, image });
  t.deepEqual(
    steps.map(({ kind }) => kind),
    ['copy-image', 'restore-ext4-init', 'name-image'],
  );
  t.like(steps[2], { from: '/b.img.partial', to: '/b.img', mode: 0o640 });
});

const refuses = test.macro({
  title: (_, name: string) => `refused, and nothing is changed: ${name}`,
  exec: async (
    t,
    _name: string,
    options: RootOptions,
    code: string,
    change: (made: Place) => Partial<OverlayRequest> | undefined = () => ({}),
  ) => {
    const made = place(t, options);
    const more = change(made) ?? {};
    const error = await t.throwsAsync(prepare(made, made.root, more), { instanceOf: Error });
    t.is((error as { code?: string }).code, code, error.message);
    t.throws(() => readFileSync(join(made.root, 'usr/sbin/init.before-bos')), { code: 'ENOENT' });
  },
});

test(refuses, 'another architecture', { arch: 'arm' }, 'overlay-architecture');
test(
  refuses,
  'a machine that is not known',
  { more: { 'usr/bin/dash': program('arm64', 0xf3) } },
  'overlay-architecture',
);
test(refuses, 'not a Linux', { init: 'none' }, 'overlay-not-linux');
test(refuses, 'no command line', { commandLine: null }, 'overlay-command-line');
test(refuses, 'an empty command line', { commandLine: '' }, 'overlay-command-line');
test(refuses, 'another init', { commandLine: 'root=/dev/mmcblk0p2 init=/bin/sh' }, 'overlay-init');
test(refuses, 'a folder /bos of somebody', { more: { 'bos/mine': 'x' } }, 'overlay-path');
test(
  refuses,
  'there already',
  { init: 'none', more: { 'usr/sbin/init': ours, 'bos/system/overlay/init': ours } },
  'overlay-there',
);
test(refuses, 'a tarball that is cut short', {}, 'tarball-damaged', ({ tarball }) => {
  truncateSync(tarball, 500);
  return {};
});
test(refuses, 'a tarball without programs', {}, 'tarball-damaged', ({ tarball }) => {
  writeFileSync(tarball, 'not packed');
  return {};
});
test(refuses, 'another digest', {}, 'tarball-digest', () => ({ isoSha256: '0'.repeat(64) }));
test(refuses, 'an output for a folder', {}, 'overlay-output', () => ({ output: '/tmp/x.img' }));
test(refuses, 'a flag of disks', {}, 'overlay-flags', () => ({ forceEfi: true }));
test(refuses, 'no tarball', {}, 'overlay-tarball', () => ({ tarball: undefined }));

test('a command line that no file has can be said', async (t) => {
  const made = place(t, { commandLine: null });
  t.is((await prepare(made, made.root, { commandLine: 'root=/dev/vda rw' })).notes.length, 0);
});

test('that of a boot partition beside the root is found in its folder', async (t) => {
  const made = place(t, { commandLine: null });
  const boot = join(made.folder, 'boot');
  mkdirSync(boot);
  writeFileSync(join(boot, 'cmdline.txt'), 'root=/dev/mmcblk0p2\n');
  await t.notThrowsAsync(prepare(made, made.root, { boot }));
});

test('an image with two roots is refused', async (t) => {
  const made = place(t);
  const part = rootImage(made.root, join(made.folder, 'part'));
  const image = diskImage(join(made.folder, 'board.img'), [part, part]);
  const error = await t.throwsAsync(prepare(made, image), { code: 'overlay-two-roots' });
  t.regex((error as { details?: string[] }).details?.join() ?? '', /partition 1,partition 2/);
});

test('an image without a root, without room, or that is packed and has no output, is refused', async (t) => {
  const made = place(t);
  const empty = join(made.folder, 'empty.img');
  writeFileSync(empty, Buffer.alloc(2 ** 20));
  await t.throwsAsync(prepare(made, empty), { code: 'overlay-no-root' });
  const full = rootImage(made.root, join(made.folder, 'part'), 20 * 2 ** 20);
  await t.throwsAsync(prepare(made, full), { code: 'overlay-room' });
  const packed = join(made.folder, 'board.img.gz');
  writeFileSync(packed, Buffer.from([0x1f, 0x8b, 8, 0]));
  await t.throwsAsync(prepare(made, packed), { code: 'overlay-output' });
  await t.throwsAsync(prepare(made, packed, { output: join(made.folder, 'o.img') }), {
    code: 'image-damaged',
  });
  copyFileSync(full, join(made.folder, 'there.img'));
  await t.throwsAsync(prepare(made, full, { output: join(made.folder, 'there.img') }), {
    code: 'overlay-output-there',
  });
});

test('a configuration that is there already, and what a removal has left, is no reason against it', async (t) => {
  const made = place(t, { more: { 'bos/system/config.yaml': 'hostname: one\n' } });
  const [first] = (await prepare(made, made.root)).plan.steps;
  t.like(first, { kind: 'claim-folders', folders: ['bos/system/overlay'] });
});

test('links in a root lead inside it', async (t) => {
  const made = place(t);
  rmSync(join(made.root, 'usr/bin/sh'));
  symlinkSync('/usr/bin/dash', join(made.root, 'usr/bin/sh'));
  await t.notThrowsAsync(prepare(made, made.root));
  // Above the root there is nothing, and a folder may name itself.
  rmSync(join(made.root, 'usr/bin/sh'));
  symlinkSync('../.././../../usr/./bin/dash', join(made.root, 'usr/bin/sh'));
  await t.notThrowsAsync(prepare(made, made.root));
  rmSync(join(made.root, 'usr/bin/dash'));
  rmSync(join(made.root, 'usr/lib/systemd/systemd'));
  await t.throwsAsync(prepare(made, made.root), { code: 'overlay-architecture' });
});

/** ext4(5) and Documentation/filesystems/ext4: s_state at 0x3a, s_feature_incompat at 0x60 of the superblock. */
const superblock = 1024;
for (const [what, change, words] of [
  [
    'a journal that is left',
    (block: Buffer) => block.writeUInt32LE(block.readUInt32LE(0x60) | 0x4, 0x60),
    /was not unmounted: its journal has to be replayed/,
  ],
  ['errors', (block: Buffer) => block.writeUInt16LE(0x2, 0x3a), /is damaged/],
] as const)
  test(`a file system with ${what} is left alone`, async (t) => {
    const made = place(t);
    const image = rootImage(made.root, join(made.folder, 'root.img'));
    const bytes = readFileSync(image);
    change(bytes.subarray(superblock, superblock + 1024));
    writeFileSync(image, bytes);
    const disk = diskImage(join(made.folder, 'disk.img'), [image]);
    const error = await t.throwsAsync(prepare(made, disk), { code: 'overlay-file-system' });
    t.regex(error?.message ?? '', words);
  });
