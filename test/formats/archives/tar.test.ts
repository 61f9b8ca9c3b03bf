/** Tar archives against GNU tar: what is written is what it lists, what it writes is what is read. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { Header } from 'tar';
import { paxRecord } from '../../../src/formats/archives/pax-records.ts';
import {
  ownedHeader,
  type TarEntry,
  tarEnd,
  tarHeader,
  tarPadding,
  tarRanges,
} from '../../../src/formats/archives/tar.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { runs } from '../../properties.ts';
import { damaged, fileSource, temporaryFolder, tool } from '../support.ts';

const mtime = 1_700_000_000;
const root = { mtime, mode: 0o644 } as const;

const archiveOf = (entries: readonly (TarEntry & { readonly content?: Uint8Array })[]) =>
  Buffer.concat([
    ...entries.flatMap(({ content = new Uint8Array(), ...entry }) => [
      tarHeader({ ...entry, size: content.length }),
      content,
      tarPadding(content.length),
    ]),
    tarEnd,
  ]);

async function pathsIn(archive: Uint8Array): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of tarRanges(fromBytes(archive))) paths.push(path);
  return paths;
}

const long = `deep/${'folder-with-a-name/'.repeat(20)}file`;
const entries = [
  { ...root, path: './usr/', type: 'Directory', mode: 0o755 },
  { ...root, path: './usr/file', type: 'File', content: Buffer.from('12345') },
  { ...root, path: './usr/sh', type: 'SymbolicLink', mode: 0o777, linkpath: 'file' },
  { ...root, path: long, type: 'File', mode: 0o4755, content: Buffer.alloc(512, 7) },
  { ...root, path: 'ü and space', type: 'SymbolicLink', mode: 0o777, linkpath: `../${long}` },
] as const;

test('what goes before a long path has the mode that GNU tar and others give it', (t) => {
  const header = Buffer.from(tarHeader({ ...root, path: long, type: 'File', size: 0, mode: 0o600 }));
  t.regex(header.subarray(100, 108).toString('latin1'), /^0*644[ \0]+$/);
});

test('GNU tar lists what was written: kinds, modes, owners, sizes, times, names and targets', (t) => {
  const path = join(temporaryFolder(t), 'a.tar');
  writeFileSync(path, archiveOf(entries));
  const listed = tool(
    'tar',
    ...['--list', '--verbose', '--numeric-owner', '--full-time', '--utc', '--quoting-style=literal'],
    `--file=${path}`,
  );
  t.deepEqual(
    listed
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ')),
    [
      'drwxr-xr-x 0/0 0 2023-11-14 22:13:20 ./usr/',
      '-rw-r--r-- 0/0 5 2023-11-14 22:13:20 ./usr/file',
      'lrwxrwxrwx 0/0 0 2023-11-14 22:13:20 ./usr/sh -> file',
      `-rwsr-xr-x 0/0 512 2023-11-14 22:13:20 ${long}`,
      `lrwxrwxrwx 0/0 0 2023-11-14 22:13:20 ü and space -> ../${long}`,
    ],
  );
  t.is(tool('tar', '--extract', '--to-stdout', `--file=${path}`, './usr/file'), '12345');
});

test('the same entries are the same bytes, with nothing of who wrote them', (t) => {
  const archive = archiveOf(entries);
  t.deepEqual(archiveOf(entries), archive);
  t.is(archive.length % 512, 0);
  t.false(archive.toString('latin1').includes(process.env.USER || 'root\0'));
});

for (const format of ['ustar', 'pax', 'gnu', 'oldgnu'])
  test(`entries that GNU tar wrote are found with all that belongs to them: ${format}`, async (t) => {
    const folder = temporaryFolder(t);
    const deep = `tree/${'folder-of-some-length/'.repeat(format === 'ustar' ? 6 : 12)}`;
    mkdirSync(join(folder, deep), { recursive: true });
    writeFileSync(join(folder, deep, 'file'), 'x'.repeat(700));
    writeFileSync(join(folder, 'tree/ü'), '');
    symlinkSync('ü', join(folder, 'tree/link'));
    const path = join(folder, 'a.tar');
    tool(
      'tar',
      '--create',
      `--file=${path}`,
      `--directory=${folder}`,
      `--format=${format}`,
      '--sort=name',
      'tree',
    );
    const expected = tool('tar', '--list', '--quoting-style=literal', `--file=${path}`).trimEnd().split('\n');
    const source = await fileSource(t, path);
    const kept: Uint8Array[] = [];
    const found: string[] = [];
    let last = 0;
    for await (const range of tarRanges(source)) {
      t.is(range.start, last, 'one after the other');
      last = range.end;
      found.push(range.path);
      if (!range.path.endsWith('/file')) kept.push(await source.read(range.start, range.end - range.start));
    }
    t.deepEqual(found, expected);
    const less = join(folder, 'less.tar');
    writeFileSync(less, Buffer.concat([...kept, tarEnd]));
    t.deepEqual(
      tool('tar', '--list', '--quoting-style=literal', `--file=${less}`).trimEnd().split('\n'),
      expected.filter((name) => !name.endsWith('/file')),
    );
  });

test('what was read from an archive is written again under another name with kind, mode, owner, time and target', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(tree, { mode: 0o700 });
  for (const [name, mode] of [
    ['plain', 0o640],
    ['started-as-owner', 0o4711],
  ] as const) {
    writeFileSync(join(tree, name), '');
    chmodSync(join(tree, name), mode);
  }
  symlinkSync('plain', join(tree, 'link'));
  const path = join(folder, 'a.tar');
  tool('tar', '--create', `--file=${path}`, `--directory=${folder}`, '--sort=name', 'tree');
  const list = (archive: string) =>
    tool(
      'tar',
      '--list',
      '--verbose',
      '--numeric-owner',
      '--full-time',
      '--quoting-style=literal',
      `--file=${archive}`,
    )
      .trimEnd()
      .split('\n');
  const deep = `${'a-folder-of-some-length/'.repeat(12)}`;
  for (const below of ['', deep]) {
    const written: Uint8Array[] = [];
    for await (const { path: name, details } of tarRanges(await fileSource(t, path))) {
      if (details.kind === undefined) throw new Error(`${name} is of no kind`);
      const header = ownedHeader(`${below}${name}`, { ...details, kind: details.kind }, 0);
      written.push(header);
      if (below !== '') t.regex(Buffer.from(header.subarray(100, 108)).toString('latin1'), /^0*644[ \0]+$/);
    }
    const copy = join(folder, 'copy.tar');
    writeFileSync(copy, Buffer.concat([...written, tarEnd]));
    t.deepEqual(
      list(copy).map((line) => line.replace(below, '')),
      list(path),
    );
  }
});

test('what is no archive, or half of one, is said to be so', async (t) => {
  const archive = archiveOf(entries);
  await t.throwsAsync(pathsIn(Buffer.alloc(1024, 'x')), { message: /not the header/ });
  await t.throwsAsync(pathsIn(archive.subarray(0, 1536)), { message: /ends in the middle/ });
  await t.throwsAsync(pathsIn(new Uint8Array()), { message: /ends in the middle/ });
  t.deepEqual(await pathsIn(tarEnd), []);
});

test('property: written paths are read, and damage ends', async (t) => {
  const names = fc.array(
    fc
      .string({ unit: fc.constantFrom('a', 'ß', '/', '.', ' '), minLength: 1, maxLength: 300 })
      .filter((name) => !name.endsWith('/')),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(names, async (paths) => {
      const archive = archiveOf(
        paths.map((path) => ({ ...root, path, type: 'File', content: Buffer.from(path) })),
      );
      t.deepEqual(await pathsIn(archive), paths);
    }),
    { numRuns: runs(200) },
  );
  await fc.assert(
    fc.asyncProperty(damaged(archiveOf(entries), fc.nat(6000)), async (bytes) => {
      await pathsIn(bytes).catch((error) => t.true(error instanceof Error));
    }),
    { numRuns: runs(200) },
  );
});

async function refusedSize(t: ExecutionContext, header: Uint8Array, offset: number) {
  const read = async () => {
    for await (const _ of tarRanges(fromBytes(Buffer.concat([header, Buffer.alloc(1024)]))));
  };
  await t.throwsAsync(read(), { message: `what stands at byte ${offset} is not the header of an entry` });
}

test('sizes that are no numbers, in the 12 bytes of the header', async (t) => {
  for (const [first = 0, ...more] of [[0x81], [0x80, 0, 0, 0, 0x7f], [0xff, 0xff, 0xff, 0xfe]]) {
    const header = Buffer.from(tarHeader({ ...root, path: 'a', type: 'File', size: 0, mode: 0o600 }));
    header.fill(0xff, 124, 136).set([first, ...more], 124);
    header.fill(' ', 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    await refusedSize(t, header, 0);
  }
});

test('sizes that no file has, in an extended header', async (t) => {
  for (const size of ['1e300', '0.5', '9'.repeat(20)]) {
    const record = paxRecord('size', size);
    const block = { ...root, path: 'a', size: 0 };
    const extended = Buffer.alloc(512);
    new Header({ path: 'a', type: 'ExtendedHeader', size: record.length }).encode(extended);
    const file = tarHeader({ ...block, type: 'File' });
    await refusedSize(t, Buffer.concat([extended, record, tarPadding(record.length), file]), 1024);
  }
});
