/** `npm run long` runs this file, too: there it proves that properties have all their runs. */
import test from 'ava';
import { hasMoreRuns, runs } from './properties.ts';

test('npm run long has all runs, npm test a twentieth of them, and at least eight', (t) => {
  t.is(runs(300), process.env.LONG_TESTS === undefined ? 15 : 300);
  t.deepEqual(
    [1000, 181, 30, 3].map((full) => runs(full, false)),
    [50, 10, 8, 3],
  );
  t.is(runs(3, true), 3);
});

test('files that ask for a number of runs are found', (t) => {
  t.true(hasMoreRuns("import { runs } from '../properties.ts';\n"));
  t.false(hasMoreRuns("import { other } from '../other-properties.ts';\n"));
});
