/** What the frames and the files between them unpack to, by cpio and by what the kernel does. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { framesOf } from '../../../../src/install/takeover/replace/frames.ts';
import { temporaryFolder } from '../../../formats/support.ts';

const contents: Readonly<Record<string, string>> = {
  'bos/system/kernel/6.1/vmlinuz': 'k',
  'bos/system/os/1/rootfs.squashfs': 'a longer text'.repeat(100),
  'bos/system/os/1/empty': '',
  'bos/system/config.yaml': 'secret',
};
const files = Object.entries(contents).map(([path, text]) => ({
  path,
  size: text.length,
  mode: path.endsWith('.yaml') ? 0o600 : 0o644,
}));
const small = [
  { path: 'bos/system/manifest.json', text: '{"files":[]}\n', type: 'file' },
  { path: 'bos/system/os/current', text: '1', type: 'link' },
] as const;

/** As boot loaders do it: each file begins on a multiple of four. */
function loaded(): Buffer {
  const { frames, order } = framesOf(files, small);
  const texts = new Map([
    ...Object.entries(contents),
    ...frames.map(({ path, text }) => [path, text] as const),
  ]);
  return Buffer.concat(
    order.map((path) => {
      const bytes = Buffer.from(texts.get(path) ?? '');
      return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    }),
  );
}

test('files one behind the other are one archive, with folders, links and modes', (t) => {
  const folder = join(temporaryFolder(t), 'out');
  mkdirSync(folder);
  execFileSync('cpio', ['--extract', '--quiet', '--make-directories'], { cwd: folder, input: loaded() });
  for (const [path, text] of Object.entries(contents)) t.is(readFileSync(join(folder, path), 'utf8'), text);
  t.is(readFileSync(join(folder, 'bos/system/manifest.json'), 'utf8'), '{"files":[]}\n');
  t.is(readlinkSync(join(folder, 'bos/system/os/current')), '1');
  t.is(statSync(join(folder, 'bos/system/config.yaml')).mode & 0o777, 0o600);
  t.is(statSync(join(folder, 'bos/system/os/1/rootfs.squashfs')).mode & 0o777, 0o644);
});

test('the order is a frame, a file, a frame: each once, and a frame at the end', (t) => {
  const { frames, order } = framesOf(files, small);
  t.is(frames.length, files.length + 1);
  t.deepEqual(
    order.filter((_, index) => index % 2 === 1),
    files.map(({ path }) => path),
  );
  t.deepEqual(
    order.filter((_, index) => index % 2 === 0),
    frames.map(({ path }) => path),
  );
});

test('no frame holds anything of a file that is read from elsewhere, and all of them are ASCII', (t) => {
  const { frames } = framesOf(files, small);
  for (const { text } of frames) {
    t.notRegex(text, /secret|longer/);
    t.is(Buffer.byteLength(text), text.length);
    t.is(Buffer.byteLength(text) % 4, 0);
  }
});

test('folders stand before what is in them, each once', (t) => {
  const listed = execFileSync('cpio', ['--list', '--quiet'], { input: loaded(), encoding: 'utf8' });
  const names = listed.trim().split('\n');
  t.is(new Set(names).size, names.length);
  for (const name of names) {
    const above = name.split('/').slice(0, -1).join('/');
    if (above !== '') t.true(names.indexOf(above) < names.indexOf(name), name);
  }
});
