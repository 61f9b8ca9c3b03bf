/** What the kernel finds in the initrd of a kit: entries with their content, type and mode, behind an initrd of any length. */
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execaSync } from 'execa';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { encodeCpio } from '../../../src/formats/compression/cpio.ts';
import type { IsoEntry } from '../../../src/formats/iso9660/folders.ts';
import type { Tree } from '../../../src/formats/iso9660/tree.ts';
import { type Appender, appendExtra, appender, appendMedium } from '../../../src/iso/pxe/initrd.ts';

const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const initrd = encodeCpio([{ path: 'init', mode: 0o100755, data: Buffer.from('init') }], 0);
const contents: Readonly<Record<string, string>> = {
  'boot/initrd': Buffer.from(initrd).toString('latin1'),
  'boot/vmlinuz': 'not below bos/',
  'bos/system/tool': 'five!',
  'bos/system/plain': 'without Rock Ridge',
  'bos/system/secret': 'key',
  bosom: 'not below bos/ either',
};
const entry = (path: string, type: IsoEntry['type'], more: Partial<IsoEntry> = {}): IsoEntry => ({
  ...{ path, type, size: contents[path]?.length ?? 0, extents: [], records: [], continuations: [] },
  ...more,
});
const entries = [
  entry('boot', 'directory'),
  entry('boot/initrd', 'file'),
  entry('boot/vmlinuz', 'file'),
  entry('bos', 'directory', { mode: 0o040700 }),
  entry('bos/system', 'directory'),
  entry('bos/system/tool', 'file', { mode: 0o104775 }),
  entry('bos/system/plain', 'file'),
  entry('bos/system/secret', 'file', { mode: 0o100600 }),
  entry('bos/system/current', 'symlink', { target: 'tool' }),
  entry('bosom', 'file'),
];
const tree = {
  open: (path: string) => Promise.resolve(fromBytes(Buffer.from(contents[path] ?? '', 'latin1'))),
  async *walk() {
    yield* entries;
  },
} as unknown as Tree;

async function written(append: (out: Appender) => Promise<void> = medium): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  const file = {
    write: async (offset: number, data: Uint8Array) => {
      if (offset !== bytes.length) throw new Error(`written at ${offset} of ${bytes.length}`);
      bytes = Buffer.concat([bytes, data]);
    },
  };
  const out = appender(file as never, () => {}, new AbortController().signal);
  await append(out);
  return bytes;
}

async function medium(out: Appender) {
  await appendMedium(out, tree, 'boot/initrd');
}

test('all below bos/ with content, type and mode: no more rights than Linux gives to a medium that is mounted', async (t) => {
  const bytes = await written();
  t.true(bytes.subarray(0, initrd.length).equals(initrd), 'the initrd comes first, as it is');
  const begin = Math.ceil(initrd.length / 512) * 512;
  t.true(
    bytes.subarray(initrd.length, begin).every((byte) => byte === 0),
    'zeroes up to the archive',
  );
  // cpio ends at the trailer: what stood behind it would be missing.
  execaSync('cpio', ['-idm', '--quiet', '--no-absolute-filenames'], {
    cwd: folder,
    input: bytes.subarray(begin),
  });
  const found = ['bos', 'bos/system', 'bos/system/tool', 'bos/system/plain', 'bos/system/secret'].map(
    (path) => [path, lstatSync(join(folder, path)).mode.toString(8)],
  );
  t.deepEqual(found, [
    ['bos', '40755'],
    ['bos/system', '40755'],
    ['bos/system/tool', '100755'],
    ['bos/system/plain', '100644'],
    ['bos/system/secret', '100600'],
  ]);
  for (const path of ['bos/system/tool', 'bos/system/plain', 'bos/system/secret'])
    t.is(readFileSync(join(folder, path), 'utf8'), contents[path] ?? '');
  t.is(readlinkSync(join(folder, 'bos/system/current')), 'tool');
  t.throws(() => lstatSync(join(folder, 'boot')), { code: 'ENOENT' });
  t.throws(() => lstatSync(join(folder, 'bosom')), { code: 'ENOENT' });
  const inodes = [
    ...bytes
      .subarray(begin)
      .toString('latin1')
      .matchAll(/070701([0-9a-f]{8})/g),
  ].map((found) => found[1]);
  t.is(
    new Set(inodes).size,
    inodes.length,
    'each with a number of its own: equal ones are links to one file',
  );
});

test('a configuration is for root alone to read, in folders that all may enter', async (t) => {
  const files = [{ path: 'bos/system/config.yaml', bytes: Buffer.from('bos.password: x\n') }];
  const bytes = await written((out) => appendExtra(out, files));
  const { stdout } = execaSync('cpio', ['-itv', '--quiet', '--numeric-uid-gid'], { input: bytes });
  t.deepEqual(
    stdout.split('\n').map((line) => line.replaceAll(/ +/g, ' ').replace(/ \S+ \d+ \d{4} /, ' ')),
    ['drwxr-xr-x 2 0 0 0 bos', 'drwxr-xr-x 2 0 0 0 bos/system', '-rw------- 1 0 0 16 bos/system/config.yaml'],
  );
});
