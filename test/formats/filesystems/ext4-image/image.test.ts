/** New ext4 file systems: e2fsck finds nothing to say, debugfs reads what was put in, resize2fs can grow them. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { fromBytes } from '../../../../src/formats/bytes.ts';
import { crc32c } from '../../../../src/formats/crc32c.ts';
import { probeExt4, unknownToGrub } from '../../../../src/formats/filesystems/ext4.ts';
import { hasSuper } from '../../../../src/formats/filesystems/ext4-image/geometry.ts';
import {
  type Ext4Image,
  ext4Image,
  type NewEntry,
} from '../../../../src/formats/filesystems/ext4-image/image.ts';
import { runs } from '../../../properties.ts';
import { temporaryFolder, tool } from '../../support.ts';

const MiB = 2 ** 20;
const common = {
  ...{ label: 'BOS_STATE', time: 1_700_000_000 },
  uuid: Buffer.from('11111111222243338444555555555555', 'hex'),
  hashSeed: Buffer.alloc(16, 7),
};
const laidOut = (size: number, entries: ReadonlyMap<string, NewEntry>, growsTo = size * 64) =>
  ext4Image({ ...common, size, growsTo, entries });

/** What a file with this path holds. */
const contentOf = (path: string, length: number) => Buffer.alloc(length, `${path} `);

function written(t: ExecutionContext, image: Ext4Image, size: number, before = 0): string {
  const path = join(temporaryFolder(t), 'image');
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  // What is not free must be zero or said; what is free may hold anything.
  if (before > 0) {
    writeSync(file, Buffer.alloc(size, before), 0, size, 0);
    for (const { offset, length } of image.used) writeSync(file, Buffer.alloc(length), 0, length, offset);
  }
  for (const { offset, bytes } of image.pieces) writeSync(file, bytes, 0, bytes.length, offset);
  for (const [name, ranges] of image.files) {
    const content = contentOf(
      name,
      ranges.reduce((sum, { length }) => sum + length, 0),
    );
    let done = 0;
    for (const { offset, length } of ranges) {
      writeSync(file, content, done, length, offset);
      done += length;
    }
  }
  closeSync(file);
  return path;
}

/** e2fsck has something to say of what it only thinks unusual, too. */
function sound(t: ExecutionContext, path: string): void {
  const { all, exitCode } = execaSync('e2fsck', ['-f', '-n', path], {
    ...{ all: true, reject: false, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } },
  });
  t.is(exitCode, 0, all);
  t.deepEqual(
    all.split('\n').filter((line) => !/^(e2fsck|Pass \d|BOS_STATE: \d+\/|$)/.test(line)),
    [],
  );
}

const debugfs = (path: string, command: string) => tool('debugfs', '-R', command, path);

const tree = new Map<string, NewEntry>([
  ['bos', { type: 'directory', mode: 0o755 }],
  ['bos/system', { type: 'directory', mode: 0o700 }],
  ['bos/system/current', { type: 'symlink', target: '6.1' }],
  ['bos/system/59', { type: 'symlink', target: 'x'.repeat(59) }],
  ['bos/system/60', { type: 'symlink', target: 'y'.repeat(60) }],
  ['bos/system/config.yaml', { type: 'file', mode: 0o600, size: 12 }],
  ['bos/system/empty', { type: 'file', mode: 0o644, size: 0 }],
  ['bos/system/block', { type: 'file', mode: 0o644, size: 4096 }],
  ['bos/system/more', { type: 'file', mode: 0o755, size: 300_001 }],
]);

test('what was put in is read, with modes, links, sizes and times', (t) => {
  const path = written(t, laidOut(64 * MiB, tree), 64 * MiB);
  sound(t, path);
  for (const [name, entry] of tree) {
    const stat = debugfs(path, `stat /${name}`);
    t.regex(stat, new RegExp(`Type: ${entry.type === 'file' ? 'regular' : entry.type}`), name);
    t.regex(stat, /User: +0 +Group: +0/);
    t.regex(stat, /mtime: 0x6553f100:/);
    if (entry.type !== 'symlink') t.regex(stat, new RegExp(`Mode: +0${entry.mode.toString(8)}`), name);
    if (entry.type !== 'file') continue;
    const copy = join(temporaryFolder(t), 'copy');
    tool('debugfs', '-R', `dump /${name} ${copy}`, path);
    t.true(readFileSync(copy).equals(contentOf(name, entry.size)), name);
  }
  t.regex(debugfs(path, 'stat /bos/system/current'), /Fast link dest: "6\.1"/);
  t.regex(debugfs(path, 'cat /bos/system/60'), /^y{60}$/);
});

test('the root may be entered by all, lost+found, journal and the room to grow by root alone', (t) => {
  const path = written(t, laidOut(64 * MiB, tree, 64 * 2 ** 30), 64 * MiB);
  const modes = { '<2>': '0755', '<11>': '0700', '<7>': '0600', '<8>': '0600' };
  for (const [inode, mode] of Object.entries(modes))
    t.regex(debugfs(path, `stat ${inode}`), new RegExp(`Mode: +${mode}`), inode);
});

test('the super block says what it is, and GRUB 2.06 reads it', async (t) => {
  const path = written(t, laidOut(64 * MiB, tree), 64 * MiB);
  const found = await probeExt4(fromBytes(readFileSync(path)));
  t.like(found, { type: 'ext4', label: 'BOS_STATE', state: 'clean', size: 64 * MiB, blockSize: 4096 });
  t.is(found?.uuid, '11111111-2222-4333-8444-555555555555');
  t.deepEqual(found && unknownToGrub(found), []);
  t.regex(tool('grub-fstest', path, 'ls', '(loop0)/bos/system/'), /config\.yaml/);
});

test('the same input gives the same bytes', (t) => {
  t.deepEqual(laidOut(64 * MiB, tree), laidOut(64 * MiB, tree));
});

test('only what is not free has to be written: the rest may hold anything', (t) => {
  const size = 40 * MiB;
  const image = laidOut(size, tree);
  const path = written(t, image, size, 0xff);
  sound(t, path);
  const free = size - image.used.reduce((sum, { length }) => sum + length, 0);
  t.is(Number(/Free blocks: +(\d+)/.exec(tool('dumpe2fs', '-h', path))?.[1]) * 4096, free);
});

test('many files in a folder, and a file over many groups, with a tree of its extents', (t) => {
  const names = Array.from(
    { length: 500 },
    (_, at) => [`many/${'name-'.repeat(8)}${at}`, { type: 'file', mode: 0o644, size: 1 }] as const,
  );
  const size = 900 * MiB;
  const entries = new Map<string, NewEntry>([
    ['many', { type: 'directory', mode: 0o755 }],
    ...names,
    ['large', { type: 'file', mode: 0o644, size: 800 * MiB }],
  ]);
  const image = laidOut(size, entries);
  t.true((image.files.get('large')?.length ?? 0) > 4, 'more extents than an inode holds');
  const path = join(temporaryFolder(t), 'image');
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  for (const { offset, bytes } of image.pieces) writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
  sound(t, path);
  t.is(
    debugfs(path, 'ls -p /many')
      .split('\n')
      .filter((line) => line.includes('name-')).length,
    500,
  );
});

test('it can grow to the size that it was made for', (t) => {
  const path = written(t, laidOut(40 * MiB, tree), 40 * MiB);
  tool('truncate', '-s', '3G', path);
  tool('resize2fs', path);
  sound(t, path);
  t.regex(debugfs(path, 'stat /bos/system/more'), /Size: 300001/);
});

test('a file system that is too small for what goes into it is refused', (t) => {
  const large = new Map<string, NewEntry>([['a', { type: 'file', mode: 0o644, size: 200 * MiB }]]);
  t.throws(() => laidOut(100 * MiB, large), { code: 'image-too-small' });
  t.throws(() => laidOut(MiB, new Map()), { code: 'disk-too-small' });
});

test('copies of the super block lie in groups 0, 1 and the powers of 3, 5 and 7', (t) => {
  t.deepEqual(
    Array.from({ length: 130 }, (_, group) => group).filter(hasSuper),
    [0, 1, 3, 5, 7, 9, 25, 27, 49, 81, 125],
  );
});

test('CRC-32C is that of RFC 3720, without the last inversion', (t) => {
  t.is((crc32c(0xffffffff, Buffer.from('123456789')) ^ 0xffffffff) >>> 0, 0xe3069283);
  t.is(
    crc32c(crc32c(0xffffffff, Buffer.from('12345')), Buffer.from('6789')),
    crc32c(0xffffffff, Buffer.from('123456789')),
  );
});

test('any tree, in any size, is sound', async (t) => {
  const name = fc.stringMatching(/^[a-zA-Z0-9._ü-]{1,40}$/).filter((text) => !/^\.{1,2}$/.test(text));
  const entry: fc.Arbitrary<NewEntry> = fc.oneof(
    fc.record({ type: fc.constant('file' as const), mode: fc.nat(0o7777), size: fc.nat(200_000) }),
    fc.record({ type: fc.constant('directory' as const), mode: fc.nat(0o7777) }),
    fc.record({ type: fc.constant('symlink' as const), target: fc.stringMatching(/^[a-z/]{1,200}$/) }),
  );
  const entries = fc
    .uniqueArray(fc.tuple(name, entry), { selector: ([one]) => one, maxLength: 60 })
    .map((list) => {
      const made = new Map<string, NewEntry>();
      const folders = [''];
      for (const [index, [one, what]] of list.entries()) {
        const folder = folders[(index * 7) % folders.length] ?? '';
        const path = folder === '' ? one : `${folder}/${one}`;
        if (path === 'lost+found') continue;
        made.set(path, what);
        if (what.type === 'directory') folders.push(path);
      }
      return made;
    });
  const size = fc.integer({ min: 30 * MiB, max: 400 * MiB });
  await fc.assert(
    fc.asyncProperty(size, entries, async (bytes, all) => {
      sound(t, written(t, laidOut(bytes, all), bytes));
    }),
    { numRuns: runs(15) },
  );
});
