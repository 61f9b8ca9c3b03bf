/** The index of a squashfs, against digests of its bytes; and its size, which the figure bounds. */
import test from 'ava';
import { encodeBlockIndex } from '../../../src/formats/block-index.ts';
import { endOf } from '../../../src/formats/byte-range.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { blockIndexOf } from '../../../src/media/delta/index-of.ts';
import { image } from '../../formats/filesystems/squashfs-image.ts';

test('each piece has the digest of its bytes, the file that of its own', async (t) => {
  const bytes = image(t, '-comp', 'zstd', '-b', '128K');
  const index = await blockIndexOf(fromBytes(bytes));
  t.is(index.size, bytes.length);
  t.is(index.sha256, sha256Of(bytes));
  for (const piece of index.pieces)
    t.is(piece.digest, sha256Of(bytes.subarray(piece.offset, endOf(piece))).slice(0, 32));
});

test('it is read in few and large runs, which are not larger than 4 MiB', async (t) => {
  const bytes = image(
    t,
    '-comp',
    'gzip',
    '-noD',
    '-noF',
    '-b',
    '4K',
    '-p',
    'large f 644 0 0 yes | head -c 9000000',
  );
  const reads: number[] = [];
  const source = fromBytes(bytes);
  const counted = {
    size: source.size,
    read: (offset: number, length: number) => {
      reads.push(length);
      return source.read(offset, length);
    },
  };
  t.is((await blockIndexOf(counted)).sha256, sha256Of(bytes));
  const large = reads.filter((length) => length > 100_000);
  t.is(large.length, 3);
  t.true(large.every((length) => length <= 4 * 2 ** 20));
});

test('a file that ends too early is refused', async (t) => {
  const bytes = image(t, '-comp', 'zstd');
  const source = {
    size: bytes.length,
    read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  const cut = {
    ...source,
    read: async (offset: number, length: number) =>
      (await source.read(offset, length)).subarray(0, length > 8200 ? 10 : length),
  };
  await t.throwsAsync(blockIndexOf(cut), { code: 'squashfs-invalid' });
});

test('it stops when it is interrupted', async (t) => {
  const source = fromBytes(image(t, '-comp', 'zstd'));
  await t.throwsAsync(blockIndexOf(source, AbortSignal.abort(new Error('enough'))), { message: 'enough' });
});

test('an index is below half a percent of what the build packs', async (t) => {
  const bytes = image(
    t,
    '-comp',
    'zstd',
    '-Xcompression-level',
    '1',
    '-b',
    '256K',
    '-p',
    'large f 644 0 0 head -c 10000000 /dev/urandom',
  );
  const { length } = encodeBlockIndex(await blockIndexOf(fromBytes(bytes)));
  t.true(length < bytes.length * 0.005, `${length} for ${bytes.length}`);
});
