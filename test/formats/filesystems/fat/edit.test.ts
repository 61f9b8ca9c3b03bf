/** Other content for a file of a FAT volume: shorter, longer, in new clusters, and when there is no room; fsck agrees. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromBytes } from '../../../../src/formats/bytes.ts';
import { changedFatFile, missingRoom } from '../../../../src/formats/filesystems/fat/edit.ts';
import { listFatFolder, readFatFile } from '../../../../src/formats/filesystems/fat/file.ts';
import { sameBytes, temporaryFolder, tool } from '../../support.ts';

/** A volume with a few files, of `bits` and a size in KiB. */
function volume(
  t: ExecutionContext,
  bits: number,
  kib: number,
  size: number,
): { image: string; bytes: Buffer } {
  const folder = temporaryFolder(t);
  const image = join(folder, 'fat.img');
  tool('mkfs.fat', '-F', String(bits), '-s', '1', '-C', image, String(kib));
  const files = ['A long name.conf', 'b.conf', 'c'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, Buffer.alloc(size, 'old'));
  tool('mmd', '-i', image, '::/loader', '::/loader/entries');
  tool('mcopy', '-i', image, ...files, '::/loader/entries/');
  return { image, bytes: readFileSync(image) };
}

for (const [bits, kib] of [
  [12, 1440],
  [16, 4096],
  [32, 34_000],
] as const)
  for (const [old, now] of [
    [3000, 100],
    [100, 3000],
    [0, 2000],
    [512, 512],
    [5000, 0],
  ] as const)
    test(`FAT${bits}, from ${old} to ${now} bytes`, async (t) => {
      const { image, bytes } = volume(t, bits, kib, old);
      const content = Buffer.alloc(now, 'new content ');
      const path = 'Loader/entries/a LONG name.conf';
      for (const piece of (await changedFatFile(fromBytes(bytes), path, content)) ?? [])
        bytes.set(piece.bytes, piece.offset);
      sameBytes(t, await readFatFile(fromBytes(bytes), path), content);
      t.is((await readFatFile(fromBytes(bytes), 'loader/entries/b.conf'))?.length, old);
      writeFileSync(image, bytes);
      t.notThrows(() => tool('fsck.fat', '-n', image));
      t.is(tool('mtype', '-i', image, `::/loader/entries/A long name.conf`), content.toString());
    });

test('no room, and no such file', async (t) => {
  const { bytes } = volume(t, 12, 64, 3000);
  const source = fromBytes(bytes);
  t.is(await changedFatFile(source, 'loader/entries/c', Buffer.alloc(100_000)), undefined);
  t.is(await changedFatFile(source, 'loader/entries/none', Buffer.alloc(1)), undefined);
  const { needed = 0, free = 0 } =
    (await missingRoom(source, 'loader/entries/c', Buffer.alloc(100_000))) ?? {};
  t.true(free > 0 && free < needed && needed > 96_000, `${needed} ${free}`);
  t.is(await missingRoom(source, 'loader/entries/c', Buffer.alloc(free)), undefined);
  t.is(await missingRoom(source, 'loader/entries/none', Buffer.alloc(100_000)), undefined);
  t.is(await changedFatFile(source, 'loader', Buffer.alloc(1)), undefined);
});

test('a folder is listed', async (t) => {
  const source = fromBytes(volume(t, 12, 1440, 10).bytes);
  t.deepEqual(await listFatFolder(source, ''), [{ name: 'loader', directory: true }]);
  const names = (await listFatFolder(source, 'LOADER/entries')).map(({ name }) => name);
  t.deepEqual(
    names.map((name) => name.toLowerCase()),
    ['a long name.conf', 'b.conf', 'c'],
  );
  t.deepEqual(await listFatFolder(source, 'none'), []);
});
