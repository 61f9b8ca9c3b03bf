/** What a rebuild does in which order: with grub-mkrescue on a fake machine, and how the new image reaches the disk. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { OpsError } from '../../src/errors.ts';
import type { PreparedEdits } from '../../src/iso/edit/edits.ts';
import type { Image } from '../../src/iso/image.ts';
import { withGrubMkrescue } from '../../src/iso/rebuild/grub.ts';
import { writeContent } from '../../src/iso/rebuild/input.ts';
import { renderManifest } from '../../src/media/manifest.ts';
import { type Effect, lineOf, notedFiles } from '../fakes/effects.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';
import { temporaryFolder } from '../formats/support.ts';
import { change, host, imageBy } from './edit/edit-support.ts';

const tree = '/build/tree';
const oldFiles = {
  [`${tree}/boot/grub/grub.cfg`]: 'old menu',
  [`${tree}/boot.catalog`]: 'of the old image',
  [`${tree}/efi.img`]: 'of the old image',
  [`${tree}/System/Library/x`]: 'of the old image',
  [`${tree}/gone`]: 'x',
};
const bytes = (text: string) => ({ kind: 'bytes' as const, bytes: Buffer.from(text) });
const edits: PreparedEdits = {
  notes: [],
  files: [
    { path: 'gone' },
    { path: 'boot/grub/grub.cfg', content: bytes('new menu') },
    { path: 'new/folder/file', content: bytes('new') },
    { path: 'new/other/link', link: '../folder/file' },
    { path: 'new/copied/file', content: { kind: 'file', path: '/home/file', size: 4 } },
  ],
};

/** An ISO of somebody else's, or of ours with this manifest. */
const isoWith = (manifest: string | undefined) => ({
  volumeId: 'VOL',
  stat: async () => (manifest === undefined ? undefined : { type: 'file' }),
  readFile: async () => Buffer.from(manifest ?? ''),
});

/** `xorriso` unpacks the old image; what `program` finds in the tree when it starts is kept. */
async function rescued(
  program: string,
  manifest?: string,
): Promise<{ readonly host: FakeHost; readonly found: object }> {
  let found = {};
  const fake = fakeHost({
    files: {
      '/home/file': 'mine',
      '/usr/lib/grub/i386-pc/moddep.lst': '',
      '/usr/lib/grub/x86_64-efi/moddep.lst': '',
    },
    tools: {
      mformat: () => undefined,
      chmod: () => undefined,
      xorriso: async () => {
        for (const [path, text] of Object.entries(oldFiles)) {
          await fake.files.makeDir(path.replace(/\/[^/]*$/, ''));
          await fake.files.write(path, text);
        }
        fake.effects.push({ kind: 'run', path: 'unpacked' });
        return undefined;
      },
      [program]: () => {
        found = fake.tree(tree);
        return undefined;
      },
    },
  });
  await withGrubMkrescue({
    ...{ host: fake, iso: '/a.iso', edits, folder: '/build', target: '/new.iso', date: 1 },
    image: { iso: isoWith(manifest) } as unknown as Image,
  });
  return { host: fake, found };
}

const changed = {
  'boot/grub/grub.cfg': 'new menu',
  'new/copied/file': 'mine',
  'new/folder/file': 'new',
  'new/other/link': '-> ../folder/file',
};

test('grub-mkrescue starts when the tree is unpacked, changed, and without what the old image was started by', async (t) => {
  const { host: fake, found } = await rescued('grub-mkrescue');
  t.deepEqual(found, changed);
  t.deepEqual(
    fake.ran.map((line) => line.split(' ')[0]),
    ['xorriso', 'chmod', 'grub-mkrescue'],
  );
});

test('an ISO of arm64 wants the modules of arm64, and no others', async (t) => {
  const manifest = renderManifest({ v: 1, arch: 'arm64', kernel: '6.1', os: '1.0.0', dcp: null, files: [] });
  const error = await t.throwsAsync<OpsError>(rescued('grub-mkrescue', manifest), {
    code: 'grub-modules-missing',
  });
  t.deepEqual(error.details, ['arm64-efi: in grub-efi-arm64-bin (Debian), grub2-efi-aa64-modules (Fedora)']);
});

test('grub2-mkrescue finds the changed menu where it looks, too', async (t) => {
  const { found } = await rescued('grub2-mkrescue');
  t.deepEqual(found, { ...changed, 'boot/grub2/grub.cfg': 'new menu' });
});

test('what is unpacked can be written before anything in it is changed, and a folder is there before its file', async (t) => {
  const { host: fake } = await rescued('grub2-mkrescue');
  const lines = fake.effects.map(lineOf).map((line) => line.replaceAll(tree, 'TREE'));
  const unpacked = lines.indexOf('run unpacked');
  const after = lines.slice(unpacked + 1).filter((line) => !/^(run grub|write)/.test(line));
  t.deepEqual(after.slice(0, 3), ['run chmod -R u+w TREE', 'remove TREE/gone', 'mkdir TREE']);
  for (const path of ['new/folder/file', 'new/other/link', 'new/copied/file', 'boot/grub2/grub.cfg']) {
    const made = after.findIndex((line) => new RegExp(`^(create|symlink) TREE/${path}`).test(line));
    const folder = after.indexOf(`mkdir TREE/${path.replace(/\/[^/]*$/, '')}`);
    t.true(folder !== -1 && folder < made, `${path}\n${after.join('\n')}`);
  }
});

test('a rebuilt image is on the disk before it takes the place of the old one', async (t) => {
  const iso = imageBy(t, 'xorriso with a partition of its own');
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'new');
  const effects: Effect[] = [];
  const files = notedFiles(host.files, (effect) => void effects.push(effect));
  await change(iso, { add: [{ source, path: 'new' }], method: 'rebuild' }, { on: { ...host, files } });
  const lines = effects
    .filter(({ path }) => path.startsWith(`${iso}.opsctl-part`))
    .map(({ kind }) => kind)
    .filter((kind, index, all) => kind !== 'read' && kind !== all[index - 1]);
  const last = lines.lastIndexOf('sync');
  t.not(last, -1);
  t.true(lines.lastIndexOf('write') < last, lines.join('\n'));
  t.true(lines.indexOf('rename') > last, lines.join('\n'));
});

test('a part of a file becomes one of its own, and both are closed, also when that fails', async (t) => {
  const size = 2 ** 20 + 5;
  const whole = Buffer.alloc(size + 20, 'part of a file');
  const part = { kind: 'file', path: '/whole', start: 7, size } as const;
  const fake = fakeHost({ files: { '/whole': whole } });
  await writeContent(fake, part, '/part');
  t.true(whole.subarray(7, 7 + size).equals(await fake.files.read('/part')));
  const closed = ({ effects }: FakeHost) => effects.map(lineOf).filter((line) => line.startsWith('close'));
  t.deepEqual(closed(fake), ['close /part', 'close /whole']);
  const full = fakeHost({
    files: { '/whole': whole },
    onWrite: () => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
  });
  await t.throwsAsync(writeContent(full, part, '/part'), { code: 'ENOSPC' });
  t.deepEqual(closed(full), ['close /part', 'close /whole']);
});
