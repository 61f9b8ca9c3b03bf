import test from 'ava';
import fc from 'fast-check';
import {
  type ByteRange,
  contains,
  endOf,
  intersection,
  joined,
  overlaps,
  rangeOf,
} from '../../src/formats/byte-range.ts';
import { fromBytes, joinedRanges, within } from '../../src/formats/bytes.ts';

const size = 60;
const range = fc.record({ offset: fc.nat(size - 1), length: fc.nat(size) });
const ranges = fc.array(range, { maxLength: 6 });
/** Every byte of a range by its number: what the functions say is judged by it. */
const bytesOf = ({ offset, length }: ByteRange) => Array.from({ length }, (_, index) => offset + index);
const allOf = (list: readonly ByteRange[]) => new Set(list.flatMap(bytesOf));

test('property: two ranges, byte by byte', (t) => {
  fc.assert(
    fc.property(range, range, (a, b) => {
      const common = bytesOf(a).filter((byte) => bytesOf(b).includes(byte));
      const found = intersection(a, b);
      t.deepEqual(found === undefined ? [] : bytesOf(found), common);
      if (a.length > 0 && b.length > 0) {
        t.is(overlaps(a, b), common.length > 0);
        t.is(contains(a, b), common.length === b.length);
      }
    }),
  );
});

test('property: joined ranges hold the same bytes, in order, apart from each other', (t) => {
  fc.assert(
    fc.property(ranges, fc.nat(5), (list, gap) => {
      const apart = joined(list);
      t.deepEqual([...allOf(apart)].sort(ascending), [...allOf(list)].sort(ascending));
      const near = joined(list, gap);
      for (const kept of apart) t.true(near.some((larger) => contains(larger, kept)));
      for (const [index, next] of near.slice(1).entries())
        t.true(next.offset > endOf(near[index] ?? next) + gap);
    }),
  );
});

const ascending = (a: number, b: number) => a - b;

test('bytes at a place have its range', (t) => {
  t.deepEqual(rangeOf({ offset: 7, bytes: new Uint8Array(3) }), { offset: 7, length: 3 });
});

test('property: ranges of a source as one source', async (t) => {
  const whole = fromBytes(Uint8Array.from({ length: 2 * size }, (_, index) => index));
  await fc.assert(
    fc.asyncProperty(ranges, range, async (list, { offset, length }) => {
      const source = joinedRanges(whole, list);
      const all = list.flatMap(bytesOf);
      t.is(source.size, all.length);
      t.deepEqual([...(await source.read(offset, length))], all.slice(offset, offset + length));
    }),
  );
});

test('a part of a source ends where it ends', async (t) => {
  const whole = fromBytes(Uint8Array.from({ length: size }, (_, index) => index));
  const part = within(whole, 10, 5);
  t.is(part.size, 5);
  t.deepEqual([...(await part.read(3, 10))], [13, 14]);
  t.deepEqual([...(await part.read(5, 1))], []);
  t.is(within(whole, 10).size, size - 10);
  t.deepEqual([...(await within(whole, 58).read(0, 10))], [58, 59]);
});
