import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { ZstdFrames, zstdHeader } from '../../../src/formats/compression/zstd-frames.ts';
import { runs } from '../../properties.ts';

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
/** RFC 8878, section 3.1.2. */
const skippable = (length: number) => {
  const frame = Buffer.alloc(8 + length, 's');
  frame.writeUInt32LE(0x184d2a5f, 0);
  frame.writeUInt32LE(length, 4);
  return frame;
};
const random = randomBytes(400_000);
const frame = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 1, 200, 300, 70_000, 300_000), fc.boolean(), fc.boolean())
    .map(([size, packs, sum]) => ({
      bytes: zstdCompressSync(packs ? Buffer.alloc(size, 'a') : random.subarray(0, size), sum ? checked : {}),
      data: true,
    })),
  fc.constantFrom(0, 1, 5000).map((length) => ({ bytes: skippable(length), data: false })),
);

/** The file in pieces of these sizes, over and over. */
function* pieces(bytes: Buffer, sizes: readonly number[]) {
  for (let [position, index] = [0, 0]; position < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(position, position + size);
    position += size;
  }
}

test('property: every frame comes back, each part of one frame, and the end is known', (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), sizes, (frames, cuts) => {
      const file = Buffer.concat(frames.map(({ bytes }) => bytes));
      const ends = new Set<number>();
      let end = 0;
      for (const { bytes, data } of frames) {
        end += bytes.length;
        if (data) ends.add(end);
      }
      const splitter = new ZstdFrames();
      const parts = [...pieces(file, cuts)].flatMap((piece) =>
        (splitter.push(piece) ?? []).map(({ bytes, data }) => ({ bytes: Buffer.from(bytes), data })),
      );
      t.true(splitter.ended);
      const wanted = frames.filter(({ data }) => data).map(({ bytes }) => bytes);
      const found = parts.filter(({ data }) => data).map(({ bytes }) => bytes);
      t.is(Buffer.compare(Buffer.concat(found), Buffer.concat(wanted)), 0);
      // No part goes on behind the end of its frame.
      const boundaries = new Set<number>();
      let length = 0;
      for (const bytes of found) {
        length += bytes.length;
        boundaries.add(length);
      }
      let position = 0;
      for (const bytes of wanted) {
        position += bytes.length;
        t.true(boundaries.has(position));
      }
    }),
    { numRuns: runs(60) },
  );
});

test('property: a file that is cut off has not ended, and what follows a frame is one', (t) => {
  const file = zstdCompressSync(random.subarray(0, 3000), checked);
  for (const length of [1, 3, 4, 5, 8, 100, file.length - 5, file.length - 1]) {
    const splitter = new ZstdFrames();
    splitter.push(file.subarray(0, length));
    t.false(splitter.ended, `${length}`);
  }
  t.is(new ZstdFrames().push(Buffer.concat([file, Buffer.from('tail')])), undefined);
});

test('the size that a frame says', (t) => {
  for (const size of [0, 1, 255, 256, 65_791, 65_792, 300_000])
    t.is(zstdHeader(zstdCompressSync(random.subarray(0, size)))?.contentSize, size);
});
