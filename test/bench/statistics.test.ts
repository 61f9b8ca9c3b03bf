/** Statistics of the figures. */
import test from 'ava';
import fc from 'fast-check';
import { median, seconds, spread, times, zeroOf } from '../../bench/statistics.ts';

const medianOf = test.macro((t, values: readonly number[], expected: number) => {
  t.is(median(values), expected);
});
test('the median of one value is that value', medianOf, [7], 7);
test('the median of three values, one far off', medianOf, [10, 9, 100], 10);
test('the median of four values lies between two of them', medianOf, [4, 1, 3, 2], 2.5);

test('the median of nothing is an error', (t) => {
  t.throws(() => median([]), { instanceOf: RangeError });
});

test('half of the values lie on each side of the median, whatever their order', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values);
      const half = values.length / 2;
      t.true(values.filter((value) => value < middle).length <= half);
      t.true(values.filter((value) => value > middle).length <= half);
      t.is(median(values.toReversed()), middle);
    }),
  );
});

test('numbers in words', (t) => {
  t.is(times(1.8), '1.80 ×');
  t.is(seconds(12_340), '12.3 s');
  t.is(spread([21.4, 19.2, 44.6]), '21 ms, 19 to 45 in 3 runs');
  t.is(spread([5]), '5 ms, 5 to 5 in 1 run');
});

test('the zero of a clock lies within the bounds of every reading, and they within the error', (t) => {
  const reading = fc.record({
    at: fc.double({ min: 0, max: 1e6, noNaN: true }),
    early: fc.double({ min: 0, max: 500, noNaN: true }),
    late: fc.double({ min: 0, max: 500, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000 }),
      fc.array(reading, { minLength: 1 }),
      (start, readings) => {
        const { zero, error } = zeroOf(
          readings.map(({ at, early, late }) => ({
            before: start + at - early,
            theirs: at,
            after: start + at + late,
          })),
        );
        t.true(Math.abs(zero - start) <= error + 1e-6);
        t.true(error <= Math.min(...readings.map(({ early, late }) => early + late)) / 2 + 1e-6);
      },
    ),
  );
});

test('without a reading there is no zero', (t) => {
  t.throws(() => zeroOf([]), { instanceOf: RangeError });
});
