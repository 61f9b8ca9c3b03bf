/** A release with one byte that is another: refused, or the same result; some bytes of each structure. */
import test from 'ava';
import { decodeBlockIndex } from '../../../src/formats/block-index.ts';
import { endOf } from '../../../src/formats/byte-range.ts';
import { manifestPath } from '../../../src/media/manifest.ts';
import { corruptedReleases } from './fixture.ts';

const rootfs = 'bos/system/os/0.2.0/rootfs.squashfs';

test('as it is: only the block that differs is fetched', async (t) => {
  const { newer, sound } = await corruptedReleases(t);
  const size = newer.get(rootfs)?.length ?? 0;
  t.true(size > 17_000 && size < 24_000, `${size} bytes`);
  const { faults, asked } = await sound();
  t.deepEqual(faults, []);
  const fetched = asked.filter((line) => line.startsWith(`${rootfs} `)).map((line) => line.split('=')[1]);
  // The first one asks whether it is there.
  t.is(fetched.length, 2);
  const [from = 0, to = 0] = (fetched[1] ?? '').split('-').map(Number);
  t.true(to - from < 8192, `bytes ${from} to ${to} of ${size}`);
});

test('the manifest: bytes of every value and of what is around it', async (t) => {
  const { newer, faults } = await corruptedReleases(t);
  const text = (newer.get(manifestPath) ?? '').toString();
  const places = [...text.matchAll(/"[^"]*"|\d+|null|[{}[\],:]|\s+/g)].flatMap(({ index, 0: token }) => [
    index,
    index + (token.length >> 1),
  ]);
  for (const offset of new Set(places)) t.deepEqual(await faults(manifestPath, offset), [], `byte ${offset}`);
});

test('the index: bytes of the head, and of each entry', async (t) => {
  const { newer, faults } = await corruptedReleases(t);
  const path = `${rootfs}.blocks`;
  const size = newer.get(path)?.length ?? 0;
  const head = Array.from({ length: 56 }, (_, offset) => offset).filter(
    (offset) => offset < 24 || offset % 5 === 0,
  );
  const entries = Array.from({ length: (size - 56) / 20 }, (_, entry) =>
    [0, 3, 4, 19].map((at) => 56 + entry * 20 + at),
  );
  for (const offset of [...head, ...entries.flat()])
    t.deepEqual(await faults(path, offset), [], `byte ${offset}`);
});

test('the squashfs: the first and the last byte of each piece', async (t) => {
  const { newer, faults } = await corruptedReleases(t);
  const { pieces } = decodeBlockIndex(newer.get(`${rootfs}.blocks`) ?? Buffer.alloc(0), 'it');
  for (const piece of pieces)
    for (const offset of [piece.offset, endOf(piece) - 1])
      t.deepEqual(await faults(rootfs, offset), [], `byte ${offset}`);
});
