/** Where blocks are written to: how a range is named to people and tools, and that nothing leaves it. */
import test from 'ava';
import {
  type BlockTarget,
  e2fsDevice,
  isRange,
  nameOf,
  rangeOf,
  wholeOf,
} from '../../src/plan/block-target.ts';
import { fakeHost } from '../fakes/host.ts';

const path = '/disk.img';
const inside: BlockTarget = { path, offset: 100, size: 50 };
/** All but the range is 1, the range counts from 10. */
const image = Buffer.alloc(200, 1);
for (let index = 0; index < 50; index++) image[100 + index] = 10 + index;

async function opened(target: BlockTarget) {
  const host = fakeHost({ files: { [path]: image } });
  const file = rangeOf(await host.files.open(path, 'r+'), target);
  return { host, file, bytes: () => host.files.read(path) };
}

test('all of a device is no range: tools and people are given its path', (t) => {
  const whole = wholeOf('/dev/vda2');
  t.deepEqual(whole, { path: '/dev/vda2', offset: 0 });
  t.false(isRange(whole));
  t.deepEqual([nameOf(whole), e2fsDevice(whole)], Array(2).fill('/dev/vda2'));
});

test('a range is named by its first byte, the way that each tool takes it', (t) => {
  t.true(isRange(inside));
  t.true(isRange({ path, offset: 100 }));
  t.true(isRange({ path, offset: 0, size: 100 }));
  t.is(nameOf(inside), '/disk.img (from byte 100)');
  t.is(e2fsDevice(inside), '/disk.img?offset=100');
});

test('all of what lies at a path is the file itself', async (t) => {
  const host = fakeHost({ files: { [path]: image } });
  const file = await host.files.open(path, 'r+');
  t.is(rangeOf(file, wholeOf(path)), file);
});

test('byte 0 of a range is its first, and reads end where it ends', async (t) => {
  const { file } = await opened(inside);
  t.is(file.size, 50);
  t.deepEqual([...(await file.read(0, 3))], [10, 11, 12]);
  t.deepEqual([...(await file.read(48, 100))], [58, 59]);
  t.is((await file.read(50, 1)).length, 0);
  t.is((await file.read(70, 1)).length, 0);
  const into = new Uint8Array(4);
  t.is(await file.readInto(48, into), 2);
  t.deepEqual([...into], [58, 59, 0, 0]);
  t.is(await file.readInto(60, into), 0);
});

test('a range without a size goes to the end of the file', async (t) => {
  const { file } = await opened({ path, offset: 140 });
  t.is(file.size, 60);
  t.deepEqual([...(await file.read(9, 2))], [59, 1]);
  await file.write(59, Uint8Array.of(7));
  await t.throwsAsync(file.write(60, Uint8Array.of(7)), { instanceOf: RangeError });
});

test('a range from the first byte on has the size that it is given', async (t) => {
  const { file } = await opened({ path, offset: 0, size: 100 });
  t.is(file.size, 100);
  await t.throwsAsync(file.write(100, Uint8Array.of(7)), { instanceOf: RangeError });
});

test('what is written goes into the range and nowhere else', async (t) => {
  const { file, bytes } = await opened(inside);
  await file.write(0, Uint8Array.of(90, 91));
  await file.write(48, Uint8Array.of(92, 93));
  const expected = Buffer.from(image);
  expected.set([90, 91], 100);
  expected.set([92, 93], 148);
  t.deepEqual(await bytes(), expected);
  for (const [offset, length] of [
    [49, 2],
    [50, 1],
    [-1, 1],
  ] as const)
    await t.throwsAsync(file.write(offset, new Uint8Array(length)), {
      instanceOf: RangeError,
      message: `bytes ${offset} to ${offset + length} are outside of /disk.img (from byte 100)`,
    });
  t.deepEqual(await bytes(), expected);
});

test('flushing, reading past the memory and closing reach the file', async (t) => {
  const { host, file } = await opened(inside);
  const start = host.effects.length;
  await file.sync();
  await file.dropCache();
  await file.close();
  t.deepEqual(
    host.effects.slice(start).map(({ kind }) => kind),
    ['sync', 'drop-cache', 'close'],
  );
});
