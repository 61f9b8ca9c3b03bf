import test from 'ava';
import fc from 'fast-check';
import {
  estimate,
  type Job,
  overBudget,
  overTotal,
  planLines,
  selectJobs,
} from '../../../scripts/system/plan.ts';
import { runJobs } from '../../../scripts/system/run.ts';
import { OpsError } from '../../../src/errors.ts';
import { runs } from '../../properties.ts';
import type { SystemFile } from '../../system/support/machines.ts';

const nothing = async () => {};
const file: SystemFile = {
  issue: 2,
  fixtures: [
    { name: 'live', seconds: 30, make: nothing },
    { name: 'installed', seconds: 50, uses: ['live'], make: nothing },
    { name: 'unused', seconds: 99, make: nothing },
  ],
  tests: [
    { name: 'boots', seconds: 10, uses: ['live'], run: nothing },
    { name: 'upgrades', seconds: 20, uses: ['installed'], run: nothing },
    { name: 'memory floor', seconds: 40, alone: true, run: nothing },
    { name: 'every pair', seconds: 600, soak: true, run: nothing },
  ],
};
const all = { filter: [], soak: false };
const names = (jobs: readonly Job[]) => jobs.map((job) => job.name);

test('selected are the tests asked for and the fixtures that they use', (t) => {
  t.deepEqual(names(selectJobs([file], all)), ['installed', 'live', 'memory floor', 'upgrades', 'boots']);
  t.deepEqual(names(selectJobs([file], { filter: ['boot'], soak: false })), ['live', 'boots']);
  t.deepEqual(names(selectJobs([file], { filter: ['pair'], soak: true })), ['every pair']);
  t.deepEqual(names(selectJobs([file], { filter: ['pair'], soak: false })), []);
});

const wrong = test.macro({
  exec: (t, change: Partial<SystemFile>, message: RegExp) => {
    t.throws(() => selectJobs([{ ...file, ...change }], all), { message });
  },
  title: (name) => `refused: ${name}`,
});
test(
  'a fixture that does not exist',
  wrong,
  { fixtures: [] },
  /uses the fixture "live", which does not exist/,
);
test(
  'two tests of one name',
  wrong,
  { tests: [...file.tests, ...file.tests] },
  /two tests are called "boots"/,
);
test('no seconds', wrong, { tests: [{ name: 'x', seconds: 0, run: nothing }] }, /declares 0 seconds/);
test(
  'a fixture that uses itself',
  wrong,
  {
    fixtures: [{ name: 'a', seconds: 1, uses: ['a'], make: nothing }],
    tests: [{ name: 'x', seconds: 1, uses: ['a'], run: nothing }],
  },
  /uses itself/,
);

test('the estimate keeps to fixtures, to the number of workers and to being alone', (t) => {
  const jobs = selectJobs([file], all);
  t.is(estimate(jobs, 1), 150);
  // live 30, then installed 50 beside boots 10, then upgrades 20, then the lonely 40.
  t.is(estimate(jobs, 2), 140);
  t.deepEqual(planLines(jobs, 2).slice(0, 3), [
    '   50 s  fixture installed, after live',
    '   30 s  fixture live',
    '   40 s  test memory floor, alone',
  ]);
  t.is(planLines(jobs, 2).at(-1), '  140 s  with 2 at a time');
});

test('a plan above its budget, or without one, is told', (t) => {
  const jobs = selectJobs([file], all);
  t.deepEqual(overBudget(jobs, { 2: { total: 200, build: 60 } }, 2), []);
  t.deepEqual(overBudget(jobs, { 2: { total: 199, build: 60 } }, 2), [
    'part 2: 140 s of tests and 60 s of building are above its 199 s',
  ]);
  t.regex(overBudget(jobs, {}, 2)[0] ?? '', /no budget/);
});

test('a plan with which make test takes too long as a whole is told', (t) => {
  const jobs = selectJobs([file], all);
  const budgets = { before: { build: 30, 'npm test': 20 }, parts: {} };
  t.deepEqual(overTotal(jobs, { ...budgets, total: 190 }, 2), []);
  t.deepEqual(overTotal(jobs, { ...budgets, total: 189 }, 2), [
    'make test: 140 s of system tests after 50 s (build, npm test) are above its 189 s; move what repeats itself to the soak',
  ]);
});

test('a part pays for the fixtures of another one that it uses, and the budget of each is its own', (t) => {
  const upgrade: SystemFile = {
    issue: 3,
    tests: [{ name: 'upgrades twice', seconds: 25, uses: ['installed'], run: nothing }],
  };
  const jobs = selectJobs([file, upgrade], all);
  // live 30, installed 50, then the test.
  const budgets = { 2: { total: 140, build: 0 }, 3: { total: 105, build: 0 } };
  t.deepEqual(overBudget(jobs, budgets, 2), []);
  t.deepEqual(overBudget(jobs, { ...budgets, 3: { total: 104, build: 0 } }, 2), [
    'part 3: 105 s of tests and 0 s of building are above its 104 s',
  ]);
});

const jobsOf = fc.array(fc.record({ seconds: fc.integer({ min: 1, max: 50 }), alone: fc.boolean() }), {
  maxLength: 12,
});
const made = (rows: readonly { seconds: number; alone: boolean }[]): Job[] =>
  rows.map((row, index) => ({ ...row, name: `j${index}`, kind: 'test', issue: 2, after: [], work: nothing }));

test('an estimate lies between the work shared evenly and the work in a row', (t) => {
  fc.assert(
    fc.property(jobsOf, fc.integer({ min: 1, max: 3 }), (rows, workers) => {
      const sum = rows.reduce((total, row) => total + row.seconds, 0);
      const seconds = estimate(made(rows), workers);
      t.true(seconds <= sum && seconds * workers >= sum);
    }),
  );
});

test('every job runs once, never more at a time than asked for, and alone when it says so', async (t) => {
  await fc.assert(
    fc.asyncProperty(jobsOf, fc.integer({ min: 1, max: 3 }), async (rows, workers) => {
      const running = new Set<Job>();
      const ran: Job[] = [];
      const jobs = made(rows);
      const totals = await runJobs(jobs, {
        workers,
        now: () => 0,
        print: () => {},
        perform: async (job) => {
          running.add(job);
          ran.push(job);
          t.true(running.size <= workers);
          if ([...running].some(({ alone }) => alone)) t.is(running.size, 1);
          for (let turn = 0; turn < job.seconds; turn++) await null;
          running.delete(job);
        },
      });
      t.is(new Set(ran).size, jobs.length);
      t.deepEqual(totals, { passed: jobs.length, failed: 0 });
    }),
    { numRuns: runs(30) },
  );
});

test('a failed fixture fails the tests that use it, and the lines say so', async (t) => {
  let now = 0;
  const printed: string[] = [];
  const ended: string[] = [];
  const totals = await runJobs(selectJobs([file], all), {
    workers: 1,
    now: () => now,
    print: (line) => printed.push(line),
    ended: ({ job, passed, seconds }) => ended.push(`${job.name}: ${passed} ${seconds}`),
    perform: async (job) => {
      now += 35_000;
      if (job.name === 'installed') throw new OpsError('undone', 'x', 'no disk', { hint: 'Plug one in.' });
    },
  });
  t.deepEqual(totals, { passed: 2, failed: 1 });
  t.deepEqual(ended, [
    'live: true 35',
    'installed: false 35',
    'upgrades: false 0',
    'boots: true 35',
    'memory floor: true 35',
  ]);
  t.deepEqual(printed, [
    'start   live (30 s)',
    'ok      live (35 s of 30 s, over)',
    'start   installed (50 s)',
    'FAILED  installed (35 s of 50 s)',
    '        no disk',
    '        Plug one in.',
    'FAILED  upgrades (0 s of 20 s)',
    '        installed failed',
    'start   boots (10 s)',
    'ok      boots (35 s of 10 s, over)',
    'start   memory floor (40 s)',
    'ok      memory floor (35 s of 40 s)',
  ]);
});
