import test from 'ava';
import fc from 'fast-check';
import { contains, endOf } from '../../src/formats/byte-range.ts';
import { spansOf } from '../../src/media/image-spans.ts';

const MiB = 2 ** 20;
const size = 200 * MiB;
const some = [
  { offset: 20 * MiB, length: 5 * MiB },
  { offset: MiB, length: 2 * MiB },
  { offset: 3 * MiB + 100, length: MiB },
];

test('near ones together, far ones apart', (t) => {
  t.deepEqual(spansOf(some, { size, ranges: true }, { all: false }), [
    { offset: MiB, length: 3 * MiB + 100 },
    { offset: 20 * MiB, length: 5 * MiB },
  ]);
});
test('without ranges from the beginning', (t) => {
  t.deepEqual(spansOf(some, { size, ranges: false }, { all: false }), [{ offset: 0, length: 25 * MiB }]);
});
test('for the digest of the whole everything', (t) => {
  t.deepEqual(spansOf(some, { size, ranges: true }, { all: true }), [{ offset: 0, length: size }]);
});
test('nothing', (t) => {
  t.deepEqual(spansOf([{ offset: 5, length: 0 }], { size, ranges: false }, { all: false }), []);
});

test('property: every byte is covered once, in order, with little between', (t) => {
  const extent = fc.record({ offset: fc.nat(100 * MiB), length: fc.nat(10 * MiB) });
  fc.assert(
    fc.property(fc.array(extent), fc.boolean(), (extents, ranges) => {
      const spans = spansOf(extents, { size, ranges }, { all: false });
      for (const extent of extents)
        if (extent.length > 0) t.true(spans.some((span) => contains(span, extent)));
      for (const [index, span] of spans.slice(1).entries()) t.true(span.offset > endOf(spans[index] ?? span));
    }),
  );
});
