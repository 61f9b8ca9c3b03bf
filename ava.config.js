// Unit and integration tests; `test/system` (virtual machines) has its own runner, scripts/system.ts. Files named
// `*.long.test.ts` install onto loop devices, cut every call off, or edit images at random: too long for each change.
// With them run the short ones whose properties are tried more often then (test/properties.ts).
import { availableParallelism } from 'node:os';
import { filesOf, groups, inOrder, runsAlone, selectedTests } from './test/together/groups.ts';

const long = process.env.LONG_TESTS === undefined ? [] : ['test/**/*.long.test.ts'];

/** The short ones: each in a process of its own, or most of them in a few. */
function short() {
  if (process.env.TESTS_TOGETHER === undefined) return selectedTests();
  const filled = Object.keys(groups).filter((group) => filesOf(group).length > 0);
  return [...filled.map((group) => `test/together/${group}.group.ts`), ...selectedTests().filter(runsAlone)];
}

export default {
  extensions: ['ts'],
  require: ['./test/seeds.ts'],
  files: [...long, ...short()],
  sortTestFiles: inOrder,
  // Of silence: a group loads a hundred files before its first test ends.
  timeout: '6m',
  workerThreads: false,
  // The tests of a process run one after the other, and some wait: for silence to be noticed, for a program to end.
  concurrency: 2 * availableParallelism(),
};
