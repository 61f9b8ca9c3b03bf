import test from 'ava';
import fc from 'fast-check';
import { spansOf } from '../../src/media/image-spans.ts';

const MiB = 2 ** 20;
const some = [
  { offset: 20 * MiB, size: 5 * MiB },
  { offset: MiB, size: 2 * MiB },
  { offset: 3 * MiB + 100, size: MiB },
];

test('near ones together, far ones apart', (t) => {
  t.deepEqual(spansOf(some, { ranges: true, all: false }), [
    { start: MiB, end: 4 * MiB + 100 },
    { start: 20 * MiB, end: 25 * MiB },
  ]);
});
test('without ranges from the beginning', (t) => {
  t.deepEqual(spansOf(some, { ranges: false, all: false }), [{ start: 0, end: 25 * MiB }]);
});
test('for the digest of the whole everything', (t) => {
  t.deepEqual(spansOf(some, { ranges: true, all: true }), [{ start: 0, end: undefined }]);
});
test('nothing', (t) => {
  t.deepEqual(spansOf([{ offset: 5, size: 0 }], { ranges: false, all: false }), []);
});

test('property: every byte is covered once, in order, with little between', (t) => {
  const extent = fc.record({ offset: fc.nat(100 * MiB), size: fc.nat(10 * MiB) });
  fc.assert(
    fc.property(fc.array(extent), fc.boolean(), (extents, ranges) => {
      const spans = spansOf(extents, { ranges, all: false });
      for (const { offset, size } of extents)
        if (size > 0) t.true(spans.some(({ start, end = 0 }) => start <= offset && offset + size <= end));
      spans.slice(1).forEach(({ start }, index) => {
        t.true(start > (spans[index]?.end ?? 0));
      });
    }),
  );
});
