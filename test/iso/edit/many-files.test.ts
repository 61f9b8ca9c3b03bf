/** A folder of thousands of files is added in a time that grows with them, and not with their square or cube. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Identifiers } from '../../../src/formats/iso9660/edit/identifiers.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { change, imageBy } from './edit-support.ts';

const numbered = (stem: string) => (number: number) =>
  Buffer.from(number === 0 ? `${stem}.;1` : `${stem}_${number}.;1`);

for (const [what, name] of Object.entries({
  'names that begin alike': (index: number) => `a-package-with-a-rather-long-name_${index}.deb`,
  'names of numbers': (index: number) => `${index}`,
  'names from the last to the first': (index: number) => `${9999 - index}.txt`,
}))
  test(`${what}: each is there, in both trees, with an identifier of its own`, async (t) => {
    const source = join(temporaryFolder(t), 'added');
    mkdirSync(source);
    const names = Array.from({ length: 400 }, (_, index) => name(index));
    for (const file of names) writeFileSync(join(source, file), file);
    const iso = imageBy(t, 'xorriso, hybrid with Joliet', 3);
    await change(iso, { add: [{ source, path: 'added' }] });
    const paths = (...options: string[]) =>
      tool('isoinfo', '-f', ...options, '-i', iso)
        .split('\n')
        .filter((path) => /^\/added\//i.test(path));
    for (const options of [['-R'], ['-J']])
      t.deepEqual(
        paths(...options)
          .map((path) => path.replace(/;1$/, ''))
          .toSorted(),
        names.map((file) => `/added/${file}`).toSorted(),
      );
    t.is(new Set(paths()).size, names.length);
    t.deepEqual((await verifyIso(await fileSource(t, iso), 'image')).faults, []);
  });

test('identifiers of names that begin alike are not counted through each time', (t) => {
  const identifiers = new Identifiers([]);
  let asked = 0;
  for (let count = 0; count < 5000; count += 1) {
    const found = identifiers.free((number) => {
      asked += 1;
      return numbered('NAME')(number);
    });
    t.deepEqual(found, numbered('NAME')(count));
    identifiers.add(found ?? Buffer.from('none'));
  }
  t.true(asked <= 20_000, String(asked));
});

test('what is there is not given again, and the numbers have an end', (t) => {
  const identifiers = new Identifiers(['NAME.;1', 'NAME_1.;1', 'NAME_3.;1'].map((text) => Buffer.from(text)));
  const next = () => {
    const found = identifiers.free(numbered('NAME'));
    if (found !== undefined) identifiers.add(found);
    return found === undefined ? undefined : Buffer.from(found).toString();
  };
  t.deepEqual([next(), next(), next()], ['NAME_2.;1', 'NAME_4.;1', 'NAME_5.;1']);
  for (let count = 6; count < 10_000; count += 1) next();
  t.is(next(), undefined);
  t.is(identifiers.free(numbered('OTHER'))?.toString(), 'OTHER.;1');
});

test('files of one folder are looked up by reading it once', async (t) => {
  const folder = join(temporaryFolder(t), 'tree');
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  for (let index = 0; index < 300; index += 1) writeFileSync(join(folder, 'a/b', `${index}`), `${index}`);
  const iso = join(temporaryFolder(t), 'a.iso');
  tool('genisoimage', '-quiet', '-R', '-o', iso, folder);
  const file = await fileSource(t, iso);
  let reads = 0;
  const counted = {
    size: file.size,
    read: (offset: number, length: number) => {
      reads += 1;
      return file.read(offset, length);
    },
  };
  const image = await openIso(counted, 'a.iso');
  reads = 0;
  for (let index = 0; index < 300; index += 1)
    t.is((await image.stat(`a/b/${index}`))?.size, String(index).length);
  t.true(reads < 50, String(reads));
  t.is(await image.stat('a/b/300'), undefined);
  t.is((await image.stat('a'))?.type, 'directory');
  t.is((await image.stat('a/b/7/../8'))?.path, 'a/b/8');
});
