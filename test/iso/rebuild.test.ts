/** A rebuild keeps what the old image has: names, trees, dates, content; and does not take away what boots. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openIso } from '../../src/formats/iso9660/image.ts';
import { verifyIso } from '../../src/iso/inspect/verify.ts';
import { fileSource, temporaryFolder, tool } from '../formats/support.ts';
import { corpusImage } from './corpus.ts';
import { change, digestOf, jolietPaths, pathsByIsoinfo } from './edit/edit-support.ts';
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
