/** Archives of packs: the same bytes every time, and nothing that leads out of their folder. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { type TarEntry, tarEnd, tarHeader, tarPadding } from '../../../src/formats/archives/tar.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Files } from '../../../src/host/ports.ts';
import { readPackFolder } from '../../../src/palette/pack/read-folder.ts';
import { buildArchive, withMessage } from '../../../src/palette/registry/build-archive.ts';
import { readPackArchive } from '../../../src/palette/registry/read-archive.ts';
import { packFolder, soundPack } from '../pack-folders.ts';

const host = linuxHost();
const name = { name: 'edge-native-byoi', version: '2.1.0' };

async function built(folder: string, output: string, files: Files = host.files) {
  const content = await readPackFolder(host.files, folder, 'p');
  return buildArchive({ files }, { content, folder }, name, output);
}

const many = { ...soundPack, 'manifests/b.yaml': 'b: 1\n', 'manifests/a.yaml': 'a: 1\n', '.git/config': 'x' };

test('the same bytes, whatever the times, modes and order of the files', async (t) => {
  const [one, other] = [
    packFolder(t, many),
    packFolder(t, Object.fromEntries(Object.entries(many).toReversed())),
  ];
  chmodSync(join(other, 'pack.json'), 0o600);
  utimesSync(join(other, 'values.yaml'), 1, 1);
  const [first, second] = [join(dirname(one), 'a.tar.gz'), join(dirname(other), 'b.tar.gz')];
  const made = await built(one, first);
  t.is((await built(other, second)).digest, made.digest);
  const bytes = readFileSync(first);
  t.is(Buffer.compare(bytes, readFileSync(second)), 0);
  t.is(made.size, bytes.length);
  t.is(made.title, 'edge-native-byoi-2.1.0.tar.gz');
  // No time and no system in the header (RFC 1952, section 2.3).
  t.deepEqual([...bytes.subarray(4, 8), bytes[9]], [0, 0, 0, 0, 255]);
});

test('GNU tar reads it: one folder, no hidden files', async (t) => {
  const folder = packFolder(t, many);
  const output = join(dirname(folder), 'a.tar.gz');
  await built(folder, output);
  t.deepEqual(execFileSync('tar', ['tzf', output], { encoding: 'utf8' }).trim().split('\n'), [
    'edge-native-byoi-2.1.0/',
    ...[
      'README.md',
      'logo.png',
      'manifests/',
      'manifests/a.yaml',
      'manifests/b.yaml',
      'pack.json',
      'values.yaml',
    ].map((path) => `edge-native-byoi-2.1.0/${path}`),
  ]);
});

test('what was built is read as the same pack', async (t) => {
  const folder = packFolder(t, many);
  const output = join(dirname(folder), 'a.tar.gz');
  const made = await built(folder, output);
  const { content, digest, size } = await readPackArchive(host, output, 'a');
  t.deepEqual({ digest, size }, { digest: made.digest, size: made.size });
  t.is(content.folder, 'edge-native-byoi-2.1.0');
  const before = await readPackFolder(host.files, folder, 'p');
  t.deepEqual([...content.entries.keys()].toSorted(), [...before.entries.keys()].toSorted());
  for (const [path, bytes] of before.contents)
    t.is(Buffer.compare(content.contents.get(path) ?? Buffer.alloc(0), bytes), 0, path);
});

test('on the disk before it has its name; a full disk leaves nothing', async (t) => {
  const folder = packFolder(t, many);
  const output = join(dirname(folder), 'a.tar.gz');
  const done: string[] = [];
  const watched = (fail: boolean): Files => ({
    ...host.files,
    open: async (path, flags) => {
      const file = await host.files.open(path, flags);
      if (flags === 'r') return file;
      return {
        ...file,
        write: (offset, data) => {
          if (fail) return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
          if (done.at(-1) !== 'write') done.push('write');
          return file.write(offset, data);
        },
        sync: () => {
          done.push('sync');
          return file.sync();
        },
      };
    },
    rename: (from, to) => {
      done.push('rename');
      return host.files.rename(from, to);
    },
  });
  await t.throwsAsync(built(folder, output, watched(true)), { code: 'ENOSPC' });
  t.deepEqual(readdirSync(dirname(output)), ['p']);
  await built(folder, output, watched(false));
  t.deepEqual(done, ['write', 'sync', 'rename']);
});

interface Entry extends Partial<TarEntry> {
  readonly path: string;
  readonly text?: string;
}

function archive(t: ExecutionContext, entries: readonly Entry[]): string {
  const parts = entries.flatMap(({ text = '', ...entry }) => [
    tarHeader({ type: 'File', mode: 0o644, mtime: 0, size: text.length, ...entry }),
    Buffer.from(text),
    tarPadding(text.length),
  ]);
  const output = join(packFolder(t, { x: '' }), 'bad.tar.gz');
  writeFileSync(output, gzipSync(Buffer.concat([...parts, tarEnd])));
  return output;
}

const meta = { path: 'p-1/pack.json', text: '{}' };
const details = async (t: ExecutionContext, entries: readonly Entry[]) => {
  const error = await t.throwsAsync(readPackArchive(host, archive(t, entries), 'bad'), {
    instanceOf: OpsError,
  });
  t.like(error, { kind: 'refused', code: 'pack-archive' });
  return error?.details;
};

test('refused: what leads out, links, a second folder, a file twice; all at once', async (t) => {
  t.deepEqual(
    await details(t, [
      meta,
      { path: 'p-1/../../etc/passwd', text: 'x' },
      { path: '/etc/passwd', text: 'x' },
      { path: 'p-1/link', type: 'SymbolicLink', linkpath: '/etc/passwd' },
      { path: 'q-1/a', text: 'x' },
      { path: 'p-1/a\u001b[31m', text: 'x' },
      meta,
    ]),
    [
      'p-1/../../etc/passwd leads out of the folder, or not straight into it',
      '/etc/passwd leads out of the folder, or not straight into it',
      'p-1/link is a link',
      'q-1/a stands beside the folder p-1',
      'p-1/a?[31m has signs in its name that not every system takes',
      'p-1/pack.json is in it twice',
    ],
  );
  t.deepEqual(await details(t, []), ['it holds nothing']);
  t.deepEqual(await details(t, [{ path: 'pack.json', text: '{}' }]), [
    'pack.json is a file at the top; a pack is one folder',
  ]);
  t.deepEqual(await details(t, [{ path: 'p-1/a', text: 'x' }]), ['p-1 has no pack.json']);
});

test('refused: hard links and devices, as GNU tar writes them', async (t) => {
  const folder = packFolder(t, soundPack, 'p-1');
  const { link } = await import('node:fs/promises');
  await link(join(folder, 'pack.json'), join(folder, 'z.json'));
  const output = join(dirname(folder), 'x.tar.gz');
  execFileSync('tar', ['czf', output, '-C', dirname(folder), './p-1']);
  const error = await t.throwsAsync(readPackArchive(host, output, 'bad'), { instanceOf: OpsError });
  t.regex(error?.details.join() ?? '', /z\.json is a link|pack\.json is a link/);
});

test('written by GNU tar, with ./ in front: read', async (t) => {
  const folder = packFolder(t, soundPack, 'p-1');
  const output = join(dirname(folder), 'x.tar.gz');
  execFileSync('tar', ['czf', output, '-C', dirname(folder), './p-1']);
  t.is((await readPackArchive(host, output, 'x')).content.folder, 'p-1');
});

test('refused: cut off, no gzip, no tar, more than one pack', async (t) => {
  const whole = readFileSync(archive(t, [meta, { path: 'p-1/big', text: 'x'.repeat(200_000) }]));
  const output = join(packFolder(t, { x: '' }), 'x.tar.gz');
  for (const [bytes, code] of [
    [whole.subarray(0, whole.length / 2), 'image-damaged'],
    [Buffer.from('nothing'), 'image-damaged'],
    [Buffer.from(whole).fill(0x55, whole.length - 8), 'image-damaged'],
    [gzipSync(Buffer.alloc(4096, 1)), 'pack-archive'],
    [gzipSync(gunzipSync(whole).subarray(0, 1500)), 'pack-archive'],
  ] as const) {
    writeFileSync(output, bytes);
    t.like(await t.throwsAsync(readPackArchive(host, output, 'x')), { kind: 'refused', code });
  }
});

test('a folder with links is read, and its links are seen as such', async (t) => {
  const folder = packFolder(t, soundPack);
  symlinkSync('/etc/passwd', join(folder, 'secret'));
  symlinkSync('/etc', join(folder, 'etc'));
  const content = await readPackFolder(host.files, folder, 'p');
  t.is(content.entries.get('secret')?.type, 'link');
  t.is(content.entries.get('etc')?.type, 'link');
  t.false([...content.entries.keys()].some((path) => path.startsWith('etc/')));
  mkdirSync(join(folder, 'sub'));
  t.true(existsSync(join(folder, 'sub')));
});

test('the message becomes commit_msg, and nothing else changes', (t) => {
  for (const text of [
    '{\n  "name": "a",\n  "version": "1"\n}\n',
    '{"name": "a", "version": "1"}',
    '{}',
    '{\n\t"commit_msg": "old",\n\t"name": "a"\n}\n',
    '{ }',
  ]) {
    const made = withMessage(text, 'why "so"');
    t.deepEqual(JSON.parse(made), { ...JSON.parse(text), commit_msg: 'why "so"' }, made);
    t.true(made.length > 0);
  }
  t.is(withMessage('{\n  "name": "a"\n}\n', 'm'), '{\n  "name": "a",\n  "commit_msg": "m"\n}\n');
});
