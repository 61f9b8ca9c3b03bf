/** Progress in words. */
import test from 'ava';
import { formatDuration, Pace, percentOf, progressText } from '../../../src/cli/render/progress.ts';

type Unit = 'bytes' | 'percent' | 'items';
const event = (at: number, done: number, total: number, unit: Unit = 'bytes') =>
  ({ v: 1, at, type: 'progress', id: 'a', done, total, unit }) as const;

const says = test.macro({
  exec: (t, done: number, total: number, unit: Unit, rate: number | undefined, text: string) => {
    t.is(progressText(event(0, done, total, unit), rate), text);
  },
  title: (_name, _done, _total, _unit, _rate, text) => `says: ${text}`,
});
test(says, 84e6, 210e6, 'bytes', 35e6, ' 40 %  84 MB of 210 MB, 35 MB/s, 3.6 s left');
test(says, 84e6, 210e6, 'bytes', undefined, ' 40 %  84 MB of 210 MB');
test(says, 210e6, 210e6, 'bytes', 35e6, '100 %  210 MB of 210 MB, 35 MB/s');
test(says, 84e6, 0, 'bytes', 35e6, '84 MB, 35 MB/s');
test(says, 3, 12, 'items', undefined, ' 25 %  3 of 12');
test(says, 40, 100, 'percent', 2, ' 40 %  30 s left');
test(says, 0, 100, 'percent', undefined, '  0 %');
test(says, 14, 100, 'percent', 2, ' 14 %');
test(says, 15, 100, 'percent', 2, ' 15 %  43 s left');
test(says, 21e6, 210e6, 'bytes', 35e6, ' 10 %  21 MB of 210 MB, 35 MB/s');

test('the percentage stays within 0 to 100 and is 100 only at the end', (t) => {
  t.is(percentOf(event(0, 999, 1000)), 99);
  t.is(percentOf(event(0, 1000, 1000)), 100);
  t.is(percentOf(event(0, 1200, 1000)), 100);
  t.is(percentOf(event(0, 1, 0)), undefined);
});

test('the rate is that of the last ten seconds', (t) => {
  const pace = new Pace();
  t.is(pace.rate, undefined);
  pace.add(event(0, 0, 1e9));
  pace.add(event(900, 900, 1e9));
  t.is(pace.rate, undefined, 'too little was seen');
  pace.add(event(1_000, 1_000, 1e9));
  t.is(pace.rate, 1_000);
  for (let second = 2; second <= 30; second++) pace.add(event(second * 1_000, 1_000 + second * 10, 1e9));
  t.is(pace.rate, 10);
});

test('no rate while nothing moves or counting starts again', (t) => {
  const pace = new Pace();
  pace.add(event(0, 50, 100));
  pace.add(event(2_000, 50, 100));
  t.is(pace.rate, undefined);
  pace.add(event(4_000, 0, 100));
  t.is(pace.rate, undefined);
});

const lasts = test.macro({
  exec: (t, ms: number, text: string) => {
    t.is(formatDuration(ms), text);
  },
  title: (_name, _ms, text) => `lasts: ${text}`,
});
test(lasts, 420, '0.4 s');
test(lasts, 9_949, '9.9 s');
test(lasts, 9_950, '10 s');
test(lasts, 59_600, '1 min 0 s');
test(lasts, 185_000, '3 min 5 s');
test(lasts, 7_800_000, '2 h 10 min');
