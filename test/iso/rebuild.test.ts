/** A rebuild keeps what the old image has: names, trees, dates, content; and does not take away what boots. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openIso } from '../../src/formats/iso9660/image.ts';
import { inspectIso } from '../../src/iso/inspect/inspect.ts';
import { verifyIso } from '../../src/iso/inspect/verify.ts';
import { fileSource, temporaryFolder, tool } from '../formats/support.ts';
import { corpusImage } from './corpus.ts';
import { change, digestOf, host, jolietPaths, pathsByIsoinfo } from './edit/edit-support.ts';
import { makeDebian, newFoldersIn, writeTree } from './media.ts';

const method = 'rebuild' as const;

function made(t: ExecutionContext, ...options: string[]): string {
  const folder = temporaryFolder(t);
  const iso = join(folder, 'a.iso');
  const files = {
    'boot/grub/grub.cfg': 'menuentry a {\n linux /boot/v quiet\n}\n',
    'boot/v': Buffer.alloc(70_000, 'kernel'),
    'ReadMe.txt': 'text',
  };
  tool('genisoimage', '-quiet', '-V', 'VOL', ...options, '-o', iso, writeTree(join(folder, 'tree'), files));
  return iso;
}

const newFile = (t: ExecutionContext): string => {
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'new');
  return source;
};

const digitsOfDate = (iso: string) => readFileSync(iso).toString('latin1', 32_768 + 830, 32_768 + 846);

test('without Rock Ridge: names as systems show them, each file once', async (t) => {
  const iso = join(temporaryFolder(t), 'plain.iso');
  writeFileSync(iso, corpusImage('plain'));
  const before = digitsOfDate(iso);
  await change(iso, { add: [{ source: newFile(t), path: 'new.txt' }], method });
  t.deepEqual(pathsByIsoinfo(iso), ['a.txt', 'new.txt']);
  t.is(digitsOfDate(iso), before);
});

test('without Rock Ridge: a menu is changed where it is', async (t) => {
  const iso = made(t);
  await change(iso, { menu: { append: ['x=1'] }, method });
  t.deepEqual(pathsByIsoinfo(iso), ['boot', 'boot/grub', 'boot/grub/grub.cfg', 'boot/v', 'readme.txt']);
  t.is(tool('isoinfo', '-R', '-i', iso, '-x', '/boot/grub/grub.cfg').includes('quiet x=1'), true);
});

for (const options of [['-J'], ['-J', '-R']])
  test(`Joliet stays: genisoimage ${options.join(' ')}`, async (t) => {
    const iso = made(t, ...options);
    await change(iso, { menu: { append: ['x=1'] }, add: [{ source: newFile(t), path: 'New.txt' }], method });
    const paths = ['New.txt', 'ReadMe.txt', 'boot', 'boot/grub', 'boot/grub/grub.cfg', 'boot/v'];
    t.deepEqual(jolietPaths(iso), paths);
    t.deepEqual(pathsByIsoinfo(iso), paths);
    t.deepEqual((await verifyIso(await fileSource(t, iso), 'a.iso')).faults, []);
  });

for (const options of [[], ['-R'], ['-J'], ['-J', '-R']])
  test(`ISO 9660:1999 stays: genisoimage -iso-level 4 ${options.join(' ')}`, async (t) => {
    const iso = made(t, '-iso-level', '4', ...options);
    const { notes } = await change(iso, {
      ...{ menu: { append: ['x=1'] }, add: [{ source: newFile(t), path: 'New.txt' }], method },
    });
    // Only the plain tree of the old image says what the names are.
    t.is(notes.filter((note) => note.includes('ISO 9660:1999')).length, options.length === 0 ? 1 : 0);
    const readMe = options.length === 0 ? 'readme.txt' : 'ReadMe.txt';
    const paths = ['New.txt', readMe, 'boot', 'boot/grub', 'boot/grub/grub.cfg', 'boot/v'];
    t.deepEqual(pathsByIsoinfo(iso).toSorted(), paths.toSorted());
    const source = await fileSource(t, iso);
    t.deepEqual((await verifyIso(source, 'a.iso')).faults, []);
    const { trees } = await inspectIso(source, 'a.iso');
    t.true(trees.some(({ kind }) => kind === 'enhanced'));
  });

test('an image without ISO 9660:1999 gets none', async (t) => {
  const iso = made(t, '-R');
  await change(iso, { menu: { append: ['x=1'] }, method });
  const { trees } = await inspectIso(await fileSource(t, iso), 'a.iso');
  t.deepEqual(
    trees.map(({ kind }) => kind),
    ['iso9660'],
  );
});

test('the date that menus find a volume by stays, to the hundredth', async (t) => {
  const iso = made(t, '-R');
  const image = readFileSync(iso);
  image.write('2026030405060789', 32_768 + 830, 'latin1');
  writeFileSync(iso, image);
  await change(iso, { add: [{ source: newFile(t), path: 'new' }], method });
  t.is(digitsOfDate(iso), '2026030405060789');
  t.is((await openIso(await fileSource(t, iso))).volumeId, 'VOL');
});

for (const path of ['isolinux/isolinux.bin', 'boot/grub/efi.img', 'isolinux'])
  test(`/${path} is what the firmware boots: it is not taken away`, async (t) => {
    const iso = makeDebian(newFoldersIn(temporaryFolder(t))('debian'));
    const before = digestOf(iso);
    await t.throwsAsync(change(iso, { remove: [path], method }), { code: 'iso-boot-image' });
    t.is(digestOf(iso), before);
  });

/** A folder of these files, each with its name as its content, and links. */
function folderOf(
  t: ExecutionContext,
  names: readonly string[],
  links: Readonly<Record<string, string>> = {},
) {
  const source = join(temporaryFolder(t), 'added');
  mkdirSync(join(source, 'below'), { recursive: true });
  for (const name of names) writeFileSync(join(source, 'below', name), name);
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(source, 'below', name));
  return source;
}

const oddNames = [
  'star*',
  'a[1]',
  'a1',
  'q?',
  'back\\slash',
  'quo"te',
  "apo'strophe",
  '-- x',
  '#hash',
  'new\nline',
  'a\\n',
];

test('names that mean something to xorriso are those names, and links come along', async (t) => {
  const iso = made(t, '-R');
  const source = folderOf(t, oddNames, { link: 'quo"te', other: '-- x' });
  await change(iso, { add: [{ source, path: 'odd' }], method });
  const out = join(temporaryFolder(t), 'out');
  tool('xorriso', '-osirrox', 'on', '-indev', iso, '-extract', '/odd', out);
  t.is(tool('diff', '-r', '--no-dereference', source, out), '');
});

for (const [path, beside] of [
  ['star*', 'starlight'],
  ['a[12]', 'a1'],
  ['q?', 'qq'],
] as const)
  test(`${path} is taken away, and not ${beside}`, async (t) => {
    const iso = made(t, '-R');
    await change(iso, { add: [{ source: folderOf(t, [path, beside]), path: 'odd' }] });
    await change(iso, { remove: [`odd/below/${path}`], method });
    t.deepEqual(
      pathsByIsoinfo(iso).filter((found) => found.startsWith('odd/below/')),
      [`odd/below/${beside}`],
    );
  });

test('a command line is no longer for more files: it has an end', async (t) => {
  const longest: number[] = [];
  for (const count of [1, 200]) {
    const iso = made(t, '-R');
    const source = folderOf(
      t,
      Array.from({ length: count }, (_, index) => `a-rather-long-name-of-a-file-${index}`),
    );
    let length = 0;
    const run: typeof host.processes.run = (program, words, options) => {
      length = Math.max(length, words.join(' ').length);
      return host.processes.run(program, words, options);
    };
    await change(
      iso,
      { add: [{ source, path: 'many' }], method },
      { on: { ...host, processes: { ...host.processes, run } } },
    );
    t.is(pathsByIsoinfo(iso).filter((found) => found.startsWith('many/below/')).length, count);
    longest.push(length);
  }
  t.true(Math.abs((longest[1] ?? 0) - (longest[0] ?? 0)) < 100, longest.join());
});
