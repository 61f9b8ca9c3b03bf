/** The parts of `npm run fuzz`: inputs that can be made again, faults that are told apart, and their smallest form. */
import test from 'ava';
import { changedInput, inputRandom, largestInput } from '../../scripts/fuzz/change.ts';
import { judge } from '../../scripts/fuzz/judge.ts';
import { minimized } from '../../scripts/fuzz/minimize.ts';
import { fuzzingPage } from '../../scripts/fuzz/page.ts';
import { refused } from '../../src/errors.ts';
import { sameBytes } from '../formats/support.ts';

const seeds = [Buffer.from('a: b\n'), Buffer.alloc(5000, 'x')];
const input = (seed: number, index: number) => changedInput(seeds, inputRandom(seed, index));

test('an input is the same for the same numbers, and another for others', (t) => {
  const many = Array.from({ length: 500 }, (_, index) => input(7, index));
  sameBytes(t, input(7, 400), many[400] ?? Buffer.alloc(0));
  t.true(new Set(many.map((one) => one.toString('latin1'))).size > 400);
  t.true(new Set(many.map((one, index) => one.equals(input(8, index)))).has(false));
  t.true(many.every(({ length }) => length <= largestInput));
  t.true(
    many.some(({ length }) => length > 2 ** 19),
    'some are large',
  );
});

const parser = (parse: (bytes: Uint8Array) => unknown) => ({ seeds: () => [], parse });
/** Smaller than those of the fuzzing, which take a second each. */
const limits = { cpuMs: 100, memory: 50e6 };
const burn = () => {
  for (const end = process.cpuUsage().user + 1.1e3 * limits.cpuMs; process.cpuUsage().user < end; );
};

test('a refusal is not a fault; another exception, time and memory are', async (t) => {
  const look = (parse: () => unknown) => judge(parser(parse), new Uint8Array(), limits);
  t.is(await look(() => 1), undefined);
  t.is(await look(() => Promise.reject(refused('x', 'No'))), undefined);
  t.like(await look(() => Promise.reject(new TypeError('x'))), { why: 'TypeError: x' });
  t.like(await look(burn), { kind: 'slow' });
  t.like(await look(() => Buffer.alloc(200e6, 1).length), { kind: 'large' });
});

test('an input is made small while it does the same', async (t) => {
  const has = async (bytes: Uint8Array) => Buffer.from(bytes).includes('bad');
  const long = Buffer.from(`${'x'.repeat(3000)}bad${'y'.repeat(2000)}`);
  t.is(Buffer.from(await minimized(long, has, 1000)).toString(), 'bad');
  t.is((await minimized(long, has, 0)).length, long.length);
});

test('the page has a row for each parser', (t) => {
  const page = fuzzingPage(
    [
      { name: 'a', inputs: 10, faults: [] },
      { name: 'b', inputs: 5, faults: ['slow: 2000 ms'] },
    ],
    { seed: 7, minutes: 60, date: '2026-01-01' },
  );
  t.regex(page, /60 minutes with seed 7: 15 inputs/);
  t.regex(page, /\| a \| 10 \| none \|\n\| b \| 5 \| slow: 2000 ms \|\n$/);
});
