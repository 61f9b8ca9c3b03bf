/** Pieces of images that mksquashfs made: they cover the image, and what lies is refused. */
import test from 'ava';
import fc from 'fast-check';
import { type ByteRange, endOf } from '../../../src/formats/byte-range.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openSquashfs } from '../../../src/formats/filesystems/squashfs.ts';
import { readSuperBlock, unpack } from '../../../src/formats/filesystems/squashfs-blocks.ts';
import { readInode } from '../../../src/formats/filesystems/squashfs-inodes.ts';
import { squashfsPieces } from '../../../src/formats/filesystems/squashfs-pieces.ts';
import { runs } from '../../properties.ts';
import { damaged, onlyRefuses } from '../support.ts';
import { contents, image } from './squashfs-image.ts';

const covers = (pieces: readonly ByteRange[], size: number): boolean =>
  pieces.every(({ offset, length }, index) => {
    const before = pieces[index - 1];
    return length > 0 && offset === (before === undefined ? 0 : endOf(before));
  }) && pieces.at(-1)?.offset === size - (pieces.at(-1)?.length ?? 0);

const lists = test.macro(async (t, options: readonly string[], fragments: 'some' | 'none') => {
  const bytes = image(t, ...options);
  const source = fromBytes(bytes);
  const pieces = await squashfsPieces(source);
  t.true(covers(pieces, bytes.length));
  const { inodeTable, fragmentCount, blockSize, compression } = await readSuperBlock(source);
  t.is(fragmentCount > 0, fragments === 'some');
  // Each piece of the data by itself is a block: it can be unpacked, and all that is stored comes out.
  const data = pieces.filter(({ offset }) => offset >= 96 && offset < inodeTable);
  let plain = 0;
  for (const { offset, length } of data) {
    t.true(length <= blockSize);
    plain += plainLength({ compression }, bytes.subarray(offset, offset + length), blockSize);
  }
  const root = await openSquashfs(source);
  const names = [...Object.keys(contents), ...(await root.list('many')).map((name) => `many/${name}`)];
  let expected = 0;
  for (const name of names) expected += (await root.stat(name))?.size ?? 0;
  // Blocks of zeros are not stored: 262144 bytes of one file.
  t.is(plain, expected - 262144);
});
function plainLength(by: Parameters<typeof unpack>[0], bytes: Uint8Array, limit: number): number {
  try {
    return unpack(by, bytes, limit).length;
  } catch {
    // Stored as it is, since packing made it no smaller.
    return bytes.length;
  }
}
test('zstd, as the build packs', lists, ['-comp', 'zstd', '-b', '256K'], 'some');
test('no tails in fragments', lists, ['-comp', 'zstd', '-b', '128K', '-no-tailends'], 'some');
test('no fragments', lists, ['-comp', 'zstd', '-b', '64K', '-no-fragments'], 'none');
test('options of the compression', lists, ['-comp', 'zstd', '-b', '64K', '-Xcompression-level', '3'], 'some');
test('gzip, small blocks', lists, ['-comp', 'gzip', '-b', '4K'], 'some');
test('without padding', lists, ['-comp', 'gzip', '-b', '16K', '-nopad'], 'some');

test('files of the same content share their blocks', async (t) => {
  const bytes = image(
    t,
    '-comp',
    'zstd',
    '-no-fragments',
    '-p',
    'same f 644 0 0 head -c 300000 /etc/services',
  );
  t.true(covers(await squashfsPieces(fromBytes(bytes)), bytes.length));
  // usr/bin/one-block twice: the second has no bytes of its own.
  const twice = image(
    t,
    '-comp',
    'zstd',
    '-no-fragments',
    '-p',
    'again f 644 0 0 yes "one block " | tr -d "\\n" | head -c 131072',
  );
  const once = image(t, '-comp', 'zstd', '-no-fragments');
  const blocks = async (of: Buffer) => {
    const { inodeTable } = await readSuperBlock(fromBytes(of));
    return (await squashfsPieces(fromBytes(of))).filter(({ offset }) => offset < inodeTable).length;
  };
  t.is(await blocks(twice), await blocks(once));
});

test('an image without a file', async (t) => {
  const bytes = image(t, '-comp', 'zstd', '-e', 'etc', 'usr', 'many');
  t.true(covers(await squashfsPieces(fromBytes(bytes)), bytes.length));
});

test('devices, pipes and a folder with an index are passed', async (t) => {
  const nodes = ['null c 666 0 0 1 3', 'disk b 660 0 6 8 0', 'pipe i 600 0 0 f', 'socket i 600 0 0 s'];
  const bytes = image(t, '-comp', 'zstd', ...nodes.flatMap((node) => ['-p', node]));
  t.true(covers(await squashfsPieces(fromBytes(bytes)), bytes.length));
});

/** Inodes by type, of the lengths in squashfs_fs.h, and after each the next one. */
const inodeLengths: Readonly<Record<number, number>> = {
  ...{
    1: 32,
    2: 32,
    3: 24,
    4: 24,
    5: 24,
    6: 20,
    7: 20,
    8: 40,
    9: 56,
    10: 28,
    11: 28,
    12: 28,
    13: 24,
    14: 24,
  },
};
for (const [type, length] of Object.entries(inodeLengths))
  test(`an inode of type ${type} is read to its last byte`, async (t) => {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt16LE(Number(type), 0);
    let position = 0;
    const take = async (wanted: number) => {
      position += wanted;
      return Buffer.concat([bytes, Buffer.alloc(99)]).subarray(position - wanted, position);
    };
    await readInode({ take }, 4096);
    t.is(position, length);
  });

test('the index of a folder is passed', async (t) => {
  const bytes = Buffer.alloc(40 + 2 * (12 + 4));
  bytes.writeUInt16LE(8, 0);
  bytes.writeUInt16LE(2, 32);
  for (const entry of [40, 56]) bytes.writeUInt32LE(3, entry + 8);
  let position = 0;
  const take = async (wanted: number) => {
    position += wanted;
    return bytes.subarray(position - wanted, position);
  };
  await readInode({ take }, 4096);
  t.is(position, bytes.length);
});

/** Inodes that are not packed, so that a test can change one. */
const plainInodes = ['-comp', 'zstd', '-noI', '-b', '128K', '-no-fragments', '-no-duplicates'];
/** Where the fields of usr/bin/blocks-and-tail, of three blocks, begin: it is the inode with that size. */
function inodeAt(bytes: Buffer): number {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(300_000, 0);
  return bytes.indexOf(size, Number(bytes.readBigUInt64LE(64))) - 12;
}
const lies = test.macro(async (t, change: (bytes: Buffer) => void, message: RegExp) => {
  const sound = image(t, ...plainInodes);
  await t.notThrowsAsync(squashfsPieces(fromBytes(sound)));
  const bytes = Buffer.from(sound);
  change(bytes);
  await t.throwsAsync(squashfsPieces(fromBytes(bytes)), { code: 'squashfs-invalid', message });
});
const inInode = (change: (bytes: Buffer, at: number) => void) => (bytes: Buffer) =>
  change(bytes, inodeAt(bytes));
test(
  'blocks that overlap',
  lies,
  inInode((bytes, at) => bytes.writeUInt32LE(bytes.readUInt32LE(at) - 1, at)),
  /overlap/,
);
test(
  'a block with two lengths',
  lies,
  inInode((bytes, at) => bytes.writeUInt32LE(96, at)),
  /two lengths|overlap|first block/,
);
test(
  'a block that is shorter than the file says',
  lies,
  inInode((bytes, at) => bytes.writeUInt32LE(bytes.readUInt32LE(at + 24) - 1, at + 24)),
  /leave a gap|tables begin/,
);
test(
  'a block larger than blocks are',
  lies,
  inInode((bytes, at) => bytes.writeUInt32LE(2 ** 18, at + 16)),
  /larger than blocks/,
);
test(
  'a block past the end',
  lies,
  inInode((bytes, at) => bytes.writeUInt32LE(2 ** 31, at)),
  /past its end/,
);
test('more inodes than there are', lies, (bytes) => bytes.writeUInt32LE(5000, 4), /damaged/);
test('more inodes than can be read', lies, (bytes) => bytes.writeUInt32LE(2 ** 31, 4), /than can be read/);
test(
  'fragments without a table',
  lies,
  (bytes) => {
    bytes.writeUInt32LE(2 ** 31, 16);
    bytes.writeBigUInt64LE(0n, 80);
  },
  /fragments, more than can be read/,
);
test('fewer inodes leave a gap', lies, (bytes) => bytes.writeUInt32LE(3, 4), /gap|tables begin|first block/);

test('a damaged image is refused or cut into pieces that cover it', async (t) => {
  const whole = image(t, '-comp', 'zstd', '-noI', '-b', '16K');
  const spots = fc.oneof(fc.nat(95), fc.integer({ min: whole.length - 40_000, max: whole.length - 1 }));
  await t.notThrowsAsync(() =>
    fc.assert(
      fc.asyncProperty(damaged(whole, spots), (bytes) =>
        onlyRefuses(async () => {
          if (!covers(await squashfsPieces(fromBytes(bytes)), bytes.length)) throw new Error('not covered');
        }),
      ),
      { numRuns: runs(200) },
    ),
  );
});
