/** Lists of digests that are older than what the maker of the image wrote into its boot files, as on many public ISOs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { writeTree } from '../media.ts';

/** As ISOLINUX and GRUB have it before mkisofs: words of their own where the table comes. */
function loader(word: number): Buffer {
  const bytes = Buffer.alloc(3000, 'what a BIOS starts. ');
  for (let offset = 8; offset < 64; offset += 4) bytes.writeUInt32LE(word, offset);
  return bytes;
}

const path = 'isolinux/isolinux.bin';

/** With a list of what the tree was before the image was made. */
function image(t: ExecutionContext, program: readonly string[], word: number) {
  const folder = temporaryFolder(t);
  const contents: Record<string, Buffer> = {
    [path]: loader(word),
    'isolinux/boot.cat': Buffer.alloc(2048, 'of an older image'),
    'live/root': Buffer.from('the system'),
  };
  const lines = Object.entries(contents).map(
    ([name, data]) => `${createHash('md5').update(data).digest('hex')}  ./${name}\n`,
  );
  const tree = writeTree(join(folder, 'tree'), { ...contents, 'md5sum.txt': lines.join('') });
  const iso = join(folder, 'a.iso');
  const boot = ['-b', path, '-c', 'isolinux/boot.cat', '-no-emul-boot', '-boot-load-size', '4'];
  const [name = '', ...options] = program;
  tool(name, ...options, '-quiet', '-R', '-J', ...boot, '-boot-info-table', '-o', iso, tree);
  return readFileSync(iso);
}

const genisoimage = ['genisoimage'];
const xorriso = ['xorriso', '-as', 'mkisofs'];

for (const [title, program, word] of [
  ['genisoimage, ISOLINUX', genisoimage, 0xde_ad_be_ef],
  ['genisoimage, GRUB', genisoimage, 0],
  ['xorriso, ISOLINUX', xorriso, 0xde_ad_be_ef],
  ['xorriso, GRUB', xorriso, 0],
] as const)
  test(`${title}: the table and the catalogue are no faults`, async (t) => {
    const { faults, writtenLater, files, list } = await verifyIso(
      fromBytes(image(t, program, word)),
      'image',
    );
    t.deepEqual(faults, []);
    t.is(list, 'md5sum.txt');
    t.is(files, 3);
    t.true(writtenLater.includes(path));
    for (const name of writtenLater) t.true([path, 'isolinux/boot.cat'].includes(name), name);
  });

/** Where the loader lies in the image. */
const placeOf = (bytes: Buffer) => bytes.indexOf('what a B', 0, 'latin1');

test('other damage of these files is a fault', async (t) => {
  const whole = image(t, xorriso, 0);
  const place = placeOf(whole);
  t.true(place > 0);
  const after = async (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return (await verifyIso(fromBytes(bytes), 'image')).faults.join('\n');
  };
  const fault = /isolinux\.bin does not match its digest/;
  for (const offset of [64, 100, 2999])
    t.regex(
      await after((bytes) => bytes.writeUInt8(bytes.readUInt8(place + offset) ^ 1, place + offset)),
      fault,
    );
  // The table names another place, another size, another sum; or is none.
  for (const offset of [8, 12, 16, 20, 40])
    t.regex(
      await after((bytes) => bytes.writeUInt8(bytes.readUInt8(place + offset) ^ 1, place + offset)),
      fault,
    );
  const other = await after((bytes) => bytes.write('THE', bytes.indexOf('the system')));
  t.regex(other, /live\/root does not match its digest/);
});

test('without a table the digest counts', async (t) => {
  const bytes = image(t, xorriso, 0);
  const place = placeOf(bytes);
  bytes.fill(0xff, place + 8, place + 64);
  t.regex((await verifyIso(fromBytes(bytes), 'image')).faults.join('\n'), /isolinux\.bin does not match/);
});
