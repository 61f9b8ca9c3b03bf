/** Range, If-Range and If-None-Match, as RFC 9110 has them. */
import test from 'ava';
import fc from 'fast-check';
import { endOf } from '../../../src/formats/byte-range.ts';
import { askedRanges, isKnown, isWanted, rangeCounts } from '../../../src/serve/http/ranges.ts';

const ranges = (header: string | undefined, size = 100) => {
  const asked = askedRanges(header, size);
  return asked.kind === 'ranges'
    ? asked.ranges.map(({ offset, length }) => `${offset}+${length}`).join(' ')
    : asked.kind;
};

const row = test.macro({
  exec: (t, header: string | undefined, expected: string) => t.is(ranges(header), expected),
  title: (_, header?: string) => `Range: ${header?.slice(0, 60)}`,
});

test(row, undefined, 'whole');
test(row, 'bytes=0-9', '0+10');
test(row, 'bytes=90-', '90+10');
test(row, 'bytes=-10', '90+10');
test(row, 'bytes=-1000', '0+100');
test(row, 'bytes=0-0', '0+1');
test(row, 'bytes=99-99', '99+1');
test(row, 'bytes=50-1000000000000000000000', '50+50');
test(row, 'BYTES=0-9', '0+10');
test(row, 'bytes= 0-9 ,\t20-29', '0+10 20+10');
test(row, 'bytes=,,0-9,', '0+10');
test(row, 'bytes=20-29,0-9', '20+10 0+10');
test(row, 'bytes=0-9,5-14', '0+15');
test(row, 'bytes=5-14,0-9,50-59', '0+15 50+10');
test(row, 'bytes=0-9,10-19', '0+20');
test(row, 'bytes=0-,0-,0-,0-', '0+100');
test(row, 'bytes=0-9,100-200', '0+10');
// Not understood: as if it were not there.
for (const header of [
  'bytes=',
  'bytes=a-b',
  'bytes=9-0',
  'bytes=0-9,x',
  'bytes=-',
  'items=0-9',
  'bytes 0-9',
  'bytes=0-9;1-2',
  'bytes=--1',
  'bytes=1.5-2',
])
  test(row, header, 'whole');
test(row, 'bytes=100-', 'unsatisfiable');
test(row, 'bytes=-0', 'unsatisfiable');
test(row, 'bytes=100-101,-0', 'unsatisfiable');
test(row, `bytes=${Array.from({ length: 257 }, (_, index) => `${index * 2}-${index * 2}`).join()}`, 'whole');

test('numbers beyond 2^53 are compared exactly', (t) => {
  t.is(ranges('bytes=0-9007199254740993'), '0+100');
  t.is(ranges('bytes=9007199254740993-9007199254740992'), 'whole');
});

test('no byte is sent twice, and each that was asked for once', (t) => {
  const spec = fc.tuple(fc.nat(120), fc.nat(120)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 100 }),
      (specs, size) => {
        const asked = askedRanges(`bytes=${specs.map((pair) => pair.join('-')).join()}`, size);
        const wanted = new Set<number>();
        for (const [first, last] of specs)
          for (let byte = first; byte <= Math.min(last, size - 1); byte += 1) wanted.add(byte);
        const sent: number[] = [];
        for (const range of asked.kind === 'ranges' ? asked.ranges : [])
          for (let byte = range.offset; byte < endOf(range); byte += 1) sent.push(byte);
        t.is(asked.kind === 'unsatisfiable', wanted.size === 0);
        t.deepEqual(
          sent.toSorted((a, b) => a - b),
          [...wanted].toSorted((a, b) => a - b),
        );
      },
    ),
  );
});

test('conditions', (t) => {
  t.true(rangeCounts(undefined, '"a"'));
  t.true(rangeCounts('"a"', '"a"'));
  for (const other of ['"b"', 'W/"a"', 'Mon, 30 Nov 2026 08:00:00 GMT', 'a', ''])
    t.false(rangeCounts(other, '"a"'), other);
  for (const known of ['"a"', 'W/"a"', '*', '"x", "a"', '"x",W/"a"']) t.true(isKnown(known, '"a"'), known);
  for (const other of [undefined, '"b"', 'a', '']) t.false(isKnown(other, '"a"'), other);
  for (const wanted of [undefined, '*', '"a"', '"x", "a"']) t.true(isWanted(wanted, '"a"'), wanted);
  for (const other of ['"b"', 'W/"a"', '']) t.false(isWanted(other, '"a"'), other);
});
