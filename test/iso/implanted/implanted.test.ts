/** Checksums that makers implant into the image itself: they hold after every way of changing it, and verify looks. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import type { Method } from '../../../src/iso/pieces.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { change, digestOf } from '../edit/edit-support.ts';
import { makeDebian, newFoldersIn, writeTree } from '../media.ts';

const append = { menu: { append: ['added=1'] } };
const areaStart = 32_768 + 883;

const report = async (t: ExecutionContext, iso: string) => verifyIso(await fileSource(t, iso), 'image');

/** Debian's image with this in the area that belongs to applications. */
function tagged(t: ExecutionContext, text: (image: Buffer) => string): string {
  const iso = makeDebian(newFoldersIn(temporaryFolder(t))('debian'));
  const image = readFileSync(iso);
  image.fill(' ', areaStart, areaStart + 512);
  image.write(text(image), areaStart, 'latin1');
  writeFileSync(iso, image);
  return iso;
}

const checkIsoMd5 = (iso: string): boolean => {
  try {
    execFileSync('checkisomd5', [iso], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

for (const method of ['same-room', 'padding', 'append', 'rebuild'] as const satisfies readonly Method[])
  test(`isomd5sum, ${method}: recalculated, as its own checker sees`, async (t) => {
    const iso = makeDebian(newFoldersIn(temporaryFolder(t))('debian'));
    tool('implantisomd5', iso);
    t.true(checkIsoMd5(iso));
    const { notes } = await change(iso, { ...append, method });
    t.true(notes.some((note) => note.startsWith('The implanted checksum (isomd5sum) was recalculated')));
    t.true(checkIsoMd5(iso));
    const { implanted, faults } = await report(t, iso);
    t.deepEqual([implanted, faults], [['isomd5sum'], []]);
  });

for (const method of ['same-room', 'append', 'rebuild'] as const satisfies readonly Method[])
  test(`a checksum that was wrong before is not made right, ${method}: it is removed`, async (t) => {
    const iso = makeDebian(newFoldersIn(temporaryFolder(t))('debian'));
    tool('implantisomd5', iso);
    const image = readFileSync(iso);
    const damaged = image.indexOf('Graphical');
    image.writeUInt8(image.readUInt8(damaged) ^ 1, damaged);
    writeFileSync(iso, image);
    const { notes } = await change(iso, { ...append, method });
    t.true(
      notes.includes(
        'The implanted checksum (isomd5sum) did not match the image before the change: the image may be damaged. ' +
          'It was removed; compare the SHA-256 of the original with the published one.',
      ),
      notes.join('\n'),
    );
    t.deepEqual((await report(t, iso)).implanted, []);
    t.false(readFileSync(iso).includes('ISO MD5SUM'));
  });

test('one changed byte is found, and so is a wrong digest of the fragments', async (t) => {
  const iso = makeDebian(newFoldersIn(temporaryFolder(t))('debian'));
  tool('implantisomd5', iso);
  const image = readFileSync(iso);
  const broken = join(temporaryFolder(t), 'broken.iso');
  const faultsWith = async (offset: number) => {
    const copy = Buffer.from(image);
    copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset);
    writeFileSync(broken, copy);
    return (await report(t, broken)).faults;
  };
  t.deepEqual(await faultsWith(image.indexOf('Graphical')), [
    '/boot/grub/grub.cfg does not match its digest in the list',
    'the implanted checksum (isomd5sum) does not match the image: that of all, that of its fragments',
  ]);
  t.deepEqual(await faultsWith(image.indexOf('FRAGMENT SUMS = ') + 20), [
    'the implanted checksum (isomd5sum) does not match the image: that of its fragments',
  ]);
});

/** The digests of checkmedia as its description says, in the simplest way. */
function suse(image: Buffer, hash: string, pad: number, partition?: readonly [number, number]): string {
  const plain = Buffer.from(image);
  plain.fill(0, 0, 512).fill(' ', areaStart, areaStart + 512);
  const end = plain.readUInt32LE(32_768 + 80) * 2048;
  const digest = (bytes: Buffer) => createHash(hash).update(bytes).digest('hex');
  const whole = plain.subarray(0, end).fill(0, end - pad * 2048, end);
  // The partition is read from what is really there.
  const part = Buffer.from(image)
    .fill(0, 0, 512)
    .fill(' ', areaStart, areaStart + 512);
  const [first = 0, count = 0] = partition ?? [];
  const own = digest(part.subarray(first * 512, (first + count) * 512));
  return [
    `check=1;pad=${pad};${hash}sum=${digest(whole)}`,
    ...(partition === undefined ? [] : [`partition=${first},${count},${own}`]),
  ].join(';');
}

for (const [hash, pad, partition] of [
  ['sha256', 150, [64, 1000]],
  ['md5', 0, undefined],
  ['sha1', 10, [0, 500]],
] as const)
  test(`checkmedia with ${hash}: checked and recalculated`, async (t) => {
    const iso = tagged(t, (image) => suse(image, hash, pad, partition));
    t.deepEqual((await report(t, iso)).faults, []);
    await change(iso, { ...append, method: 'append' });
    const image = readFileSync(iso);
    const area = image.toString('latin1', areaStart, areaStart + 512).trimEnd();
    t.is(area, suse(image, hash, pad, partition));
    t.deepEqual((await report(t, iso)).implanted, ['checkmedia']);
    t.deepEqual((await report(t, iso)).faults, []);
  });

test('a signature of the checksum is taken out, and that is said', async (t) => {
  const iso = tagged(t, (image) => `${suse(image, 'sha256', 0)};signature=800`);
  const { notes } = await change(iso, append);
  t.regex(
    notes.at(-1) ?? '',
    /recalculated for the changed image\. Its signature, which no longer holds, was removed/,
  );
  t.false(
    readFileSync(iso)
      .toString('latin1', areaStart, areaStart + 512)
      .includes('signature'),
  );
  t.deepEqual((await report(t, iso)).faults, []);
});

test('a checksum that makes no sense is removed', async (t) => {
  const iso = tagged(t, () => 'md5sum=abc');
  t.deepEqual((await report(t, iso)).faults, ['the implanted checksum of the image is damaged']);
  const { notes } = await change(iso, append);
  t.true(notes.includes('The implanted checksum of the image could not be read; it was removed.'));
  t.deepEqual((await report(t, iso)).faults, []);
});

test('libisofs: checked, and removed by a change with all that leads to digests of files', async (t) => {
  const folder = temporaryFolder(t);
  const tree = writeTree(join(folder, 'tree'), { a: 'a', b: Buffer.alloc(100_000, 'b'), 'c/d': 'd' });
  const iso = join(folder, 'md5.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-J', '--md5', '-o', iso, tree);
  t.deepEqual((await report(t, iso)).implanted, ['libisofs']);
  t.deepEqual((await report(t, iso)).faults, []);
  const before = digestOf(iso);
  const { notes } = await change(iso, { remove: ['a'] });
  t.deepEqual(notes, ['The checksums of libisofs in the image no longer held; they were removed.']);
  t.not(digestOf(iso), before);
  t.deepEqual((await report(t, iso)).implanted, []);
  t.notRegex(
    tool('xorriso', '-md5', 'on', '-for_backup', '-indev', iso, '-check_md5_r', 'FAILURE', '/', '--'),
    /MISMATCH/,
  );
});

test('lists of digests that are signed: brought into step, and it is said that the signature no longer holds', async (t) => {
  const folder = temporaryFolder(t);
  const sum = (name: string, text: string) => `${createHash(name).update(text).digest('hex')}`;
  const menu = 'menuentry a { linux /v }\n';
  const contents = {
    v: 'kernel',
    'boot/grub/grub.cfg': menu,
    SHA256SUMS: `${sum('sha256', menu)}  ./boot/grub/grub.cfg\n`,
    'SHA256SUMS.gpg': 'signature',
    CHECKSUMS: `${sum('sha512', menu)}  boot/grub/grub.cfg\n`,
    'CHECKSUMS.asc': 'signature',
    'md5sum.txt': `${sum('md5', 'kernel')}  ./v\n`,
  };
  const iso = join(folder, 'a.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-o', iso, writeTree(join(folder, 'tree'), contents));
  const { notes } = await change(iso, append);
  t.deepEqual(notes, [
    'One kernel line was changed.',
    '/CHECKSUMS has the new digests.',
    'The signature of /CHECKSUMS (/CHECKSUMS.asc) no longer holds.',
    '/SHA256SUMS has the new digests.',
    'The signature of /SHA256SUMS (/SHA256SUMS.gpg) no longer holds.',
  ]);
  const { list, faults } = await report(t, iso);
  t.deepEqual([list, faults], ['CHECKSUMS', []]);
});
