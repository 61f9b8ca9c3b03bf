/** Files of ext4 file systems that mkfs.ext4 and this project make, and what is refused. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type ByteSource, fromBytes } from '../../../src/formats/bytes.ts';
import { openExt4 } from '../../../src/formats/filesystems/ext4-reader.ts';
import { runs } from '../../properties.ts';
import { fileSource, onlyRefuses, sameBytes, temporaryFolder, tool } from '../support.ts';

const long = Buffer.alloc(3_000_001, 'the content of a file. ');

function made(t: ExecutionContext, ...options: string[]): string {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'a/b'), { recursive: true });
  writeFileSync(join(tree, 'a/b/long'), long);
  writeFileSync(join(tree, 'a/empty'), '', { mode: 0o600 });
  symlinkSync('b/long', join(tree, 'a/link'));
  mkdirSync(join(tree, 'many'));
  for (let index = 0; index < 400; index += 1)
    writeFileSync(join(tree, 'many', `a file with a name that takes room ${index}`), `${index}`);
  const image = join(folder, 'image');
  tool('mkfs.ext4', '-q', '-d', tree, ...options, image, '16M');
  return image;
}

for (const [name, ...options] of [
  ['as mkfs.ext4 makes it'],
  ['with blocks of 1024 bytes', '-b', '1024'],
  ['with numbers of 32 bits and small inodes', '-O', '^64bit,^metadata_csum', '-I', '128'],
  ['with a seed for its sums', '-O', 'metadata_csum_seed'],
] as const)
  test(`files, folders and links: ${name}`, async (t) => {
    const reader = await openExt4(await fileSource(t, made(t, ...options)));
    const file = await reader.open('/a/b/long');
    t.is(file?.size, long.length);
    sameBytes(t, await file?.read(0, long.length), long);
    t.deepEqual(await reader.stat('a/empty'), { type: 'file', size: 0, mode: 0o600 });
    t.is((await reader.open('a/empty'))?.size, 0);
    t.is((await reader.stat('a/link'))?.type, 'symlink');
    t.is(await reader.open('a/link'), undefined);
    t.is(await reader.stat('a/absent'), undefined);
    t.is(await reader.stat('a/empty/x'), undefined);
    t.deepEqual((await reader.list('a')).toSorted(), ['b', 'empty', 'link']);
    t.is((await reader.list('many')).length, 400);
    const one = await reader.open('many/a file with a name that takes room 399');
    t.is(Buffer.from((await one?.read(0, 10)) ?? []).toString(), '399');
  });

test('a file that is written in many pieces, with holes between them: these are zeros', async (t) => {
  const image = made(t);
  const sparse = join(temporaryFolder(t), 'sparse');
  writeFileSync(sparse, 'x');
  tool('truncate', '-s', '1M', sparse);
  tool('debugfs', '-w', '-R', `write ${sparse} sparse`, image);
  const reader = await openExt4(await fileSource(t, image));
  const found = (await reader.open('sparse')) ?? t.fail();
  const expected = Buffer.alloc(2 ** 20);
  expected[0] = 'x'.charCodeAt(0);
  t.is(found.size, expected.length);
  sameBytes(t, await found.read(0, found.size), expected);
  t.is(
    await reader.readLink('a/link'),
    tool('debugfs', '-R', 'stat a/link', image).replace(/^.*link dest: "([^"]*)".*$/s, '$1'),
  );
  t.is(await reader.readLink('sparse'), undefined);
});

test('what is not one, and features that nobody knows', async (t) => {
  await t.throwsAsync(openExt4(fromBytes(Buffer.alloc(4096))), { code: 'ext4-damaged' });
  await t.throwsAsync(openExt4(await fileSource(t, made(t, '-O', 'inline_data'))), {
    code: 'ext4-unsupported',
  });
});

test('whatever is changed in one, reading ends, with its content or a refusal', async (t) => {
  const whole = await fileSource(t, made(t, '-b', '1024'));
  const bytes = Buffer.from(await whole.read(0, whole.size));
  // The super block, the descriptors, the inodes and folders.
  const spots = fc.array(fc.tuple(fc.nat(1_500_000), fc.nat(255)), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(spots, async (changes) => {
      const other: ByteSource = {
        size: bytes.length,
        read: async (offset, length) => {
          const part = Buffer.from(bytes.subarray(offset, offset + length));
          for (const [at, value] of changes)
            if (at >= offset && at < offset + part.length) part[at - offset] = value;
          return part;
        },
      };
      await onlyRefuses(async () => {
        const reader = await openExt4(other);
        for (const path of ['a/b/long', 'a/empty', 'many/x']) await (await reader.open(path))?.read(0, 100);
        await reader.list('many');
      });
    }),
    { numRuns: runs(200) },
  );
  t.pass();
});
