/** The index of blocks: what is written is read again, and nothing else is. */
import test from 'ava';
import fc from 'fast-check';
import {
  type BlockIndex,
  decodeBlockIndex,
  encodeBlockIndex,
  largestPiece,
  type Piece,
} from '../../src/formats/block-index.ts';
import { damaged, onlyRefuses } from './support.ts';

const hex = (digits: number) =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'));

/** Pieces that cover a file. */
const indexes: fc.Arbitrary<BlockIndex> = fc
  .record({
    sha256: hex(64),
    rows: fc.array(fc.record({ length: fc.integer({ min: 1, max: largestPiece }), digest: hex(32) })),
  })
  .map(({ sha256, rows }) => {
    const pieces: Piece[] = [];
    let size = 0;
    for (const row of rows) {
      pieces.push({ offset: size, ...row });
      size += row.length;
    }
    return { size, sha256, pieces };
  });

test('what is written is read again, 20 bytes a piece', (t) =>
  fc.assert(
    fc.property(indexes, (index) => {
      const bytes = encodeBlockIndex(index);
      t.is(bytes.length, 56 + 20 * index.pieces.length);
      t.deepEqual(decodeBlockIndex(bytes, 'it'), index);
    }),
  ));

const sample: BlockIndex = {
  ...{ size: 300, sha256: 'ab'.repeat(32) },
  pieces: [
    { offset: 0, length: 96, digest: '01'.repeat(16) },
    { offset: 96, length: 204, digest: '02'.repeat(16) },
  ],
};

test('its bytes are fixed', (t) => {
  t.is(
    encodeBlockIndex(sample).toString('hex'),
    `424f53424c4b5301${'2c01000000000000'}${'02000000'}${'00000000'}${'ab'.repeat(32)}` +
      `60000000${'01'.repeat(16)}cc000000${'02'.repeat(16)}`,
  );
});

const refuses = test.macro((t, change: (bytes: Buffer) => Uint8Array | undefined, message: RegExp) => {
  const bytes = encodeBlockIndex(sample);
  const changed = change(bytes) ?? bytes;
  t.throws(() => decodeBlockIndex(changed, 'the index'), { code: 'block-index-invalid', message });
});
test('nothing', refuses, () => Buffer.alloc(0), /^the index is damaged: it does not begin as/);
test('another format', refuses, (bytes) => void bytes.write('SQBLKS'), /does not begin as/);
test('a later version', refuses, (bytes) => void bytes.writeUInt8(2, 7), /version 2 instead of 1/);
test('cut short', refuses, (bytes) => bytes.subarray(0, -1), /95 bytes for 2 pieces/);
test('bytes behind it', refuses, (bytes) => Buffer.concat([bytes, bytes]), /192 bytes for 2 pieces/);
test('too many pieces', refuses, (bytes) => void bytes.writeUInt32LE(2 ** 31, 16), /for 2147483648 pieces/);
test('a field that is not zero', refuses, (bytes) => void bytes.writeUInt8(1, 20), /must be zero/);
test('an empty piece', refuses, (bytes) => void bytes.writeUInt32LE(0, 56), /a piece of 0 bytes/);
test('a large piece', refuses, (bytes) => void bytes.writeUInt32LE(2 ** 20 + 1, 56), /a piece of 1048577/);
test('a file of another size', refuses, (bytes) => void bytes.writeUInt8(0x2d, 8), /300 bytes, the file 301/);
test('a file of no size', refuses, (bytes) => void bytes.writeUInt8(0xff, 15), /300 bytes, the file/);

test('a damaged index is refused, or covers its file', (t) =>
  t.notThrowsAsync(() =>
    fc.assert(
      fc.asyncProperty(damaged(encodeBlockIndex(sample), fc.nat(95)), (bytes) =>
        onlyRefuses(() => {
          const { size, pieces } = decodeBlockIndex(bytes, 'it');
          if (pieces.reduce((sum, { length }) => sum + length, 0) !== size) throw new Error('not covered');
        }),
      ),
    ),
  ));
