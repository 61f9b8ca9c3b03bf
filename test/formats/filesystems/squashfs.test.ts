/** Images made by mksquashfs, read by our reader; what unsquashfs reads is the judge. And damaged ones. */
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openSquashfs } from '../../../src/formats/filesystems/squashfs.ts';
import { runs } from '../../properties.ts';
import { damaged, onlyRefuses, temporaryFolder, tool } from '../support.ts';
import { contents, image, manyNames } from './squashfs-image.ts';

const reads = test.macro(async (t, options: readonly string[]) => {
  const root = await openSquashfs(fromBytes(image(t, ...options)));
  for (const [path, bytes] of Object.entries(contents)) {
    t.like(await root.stat(path), { path, type: 'file', size: bytes.length });
    t.true(bytes.equals(await root.readFile(path, 1e6)), path);
  }
  t.deepEqual(await root.list('many'), manyNames.toSorted());
  for (const name of manyNames.slice(-9))
    t.is(Buffer.from(await root.readFile(`many/${name}`, 99)).toString(), name);
  t.deepEqual(await root.list(''), ['bin', 'dangling', 'etc', 'many', 'round', 'usr']);
  t.is((await root.stat('bin/zeros'))?.path, 'usr/bin/zeros');
  for (const link of ['usr/lib/absolute', 'usr/lib/above'])
    t.is((await root.stat(link))?.path, 'etc/small', link);
  for (const path of ['dangling', 'etc/none', 'etc/small/below', 'none/none'])
    t.is(await root.stat(path), undefined, path);
  await t.throwsAsync(root.stat('round'), { message: /too many links/ });
});
test('zstd, as the build packs', reads, ['-comp', 'zstd', '-b', '256K']);
test('gzip', reads, ['-comp', 'gzip', '-b', '128K']);
test('nothing compressed', reads, ['-comp', 'zstd', '-noI', '-noD', '-noF']);
test('no fragments', reads, ['-comp', 'zstd', '-no-fragments']);
test('only fragments, small blocks', reads, ['-comp', 'gzip', '-b', '4K', '-always-use-fragments']);

test('permissions are those of the tree, whatever it is that has them', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'program'), 'x');
  // Two names need the larger form of an inode.
  writeFileSync(join(folder, 'linked'), 'x and more');
  linkSync(join(folder, 'linked'), join(folder, 'again'));
  mkdirSync(join(folder, 'folder'));
  tool('mkfifo', join(folder, 'pipe'));
  const modes = { program: 0o750, linked: 0o604, folder: 0o710, pipe: 0o620 };
  for (const [name, mode] of Object.entries(modes)) chmodSync(join(folder, name), mode);
  const file = `${folder}.squashfs`;
  t.teardown(() => rmSync(file, { force: true }));
  tool('mksquashfs', folder, file, '-quiet', '-no-progress', '-comp', 'zstd');
  const root = await openSquashfs(fromBytes(readFileSync(file)));
  for (const [name, mode] of Object.entries(modes)) t.is((await root.stat(name))?.mode, mode, name);
});

const code = async (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof OpsError ? error.code : String(error)),
  );

test('what is asked for and does not exist, or is too large', async (t) => {
  const root = await openSquashfs(fromBytes(image(t, '-comp', 'zstd')));
  t.is(await code(root.readFile('etc/none', 9)), 'squashfs-file-missing');
  t.is(await code(root.readFile('etc', 9)), 'squashfs-file-missing');
  t.is(await code(root.readFile('usr/bin/zeros', 9)), 'squashfs-file-too-large');
});

test('compressions that are not known are named', async (t) => {
  const bytes = image(t, '-comp', 'xz');
  t.is(await code(openSquashfs(fromBytes(bytes))), 'squashfs-unsupported');
});

test('bytes that are no image', (t) =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      t.is(await code(openSquashfs(fromBytes(bytes))), 'squashfs-invalid');
    }),
  ));

test('a damaged image is refused or read, and neither crashes nor hangs', async (t) => {
  const whole = image(t, '-comp', 'zstd', '-noI', '-b', '16K');
  // Super block, and the tables at the end: data blocks alone would only give other data.
  const spots = fc.oneof(fc.nat(95), fc.integer({ min: whole.length - 40_000, max: whole.length - 1 }));
  await t.notThrowsAsync(() =>
    fc.assert(
      fc.asyncProperty(damaged(whole, spots), (bytes) =>
        onlyRefuses(async () => {
          const root = await openSquashfs(fromBytes(bytes));
          for (const folder of ['', 'etc', 'many']) await root.list(folder);
          for (const path of ['etc/small', 'bin/blocks-and-tail', 'bin/zeros', 'usr/lib/above', 'round']) {
            await root.stat(path);
            await root.readFile(path, 1e6);
          }
        }),
      ),
      { numRuns: runs(200) },
    ),
  );
});
