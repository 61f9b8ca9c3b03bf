// Unit and integration tests; `test/system` (virtual machines) has its own runner, scripts/system.ts. Files named
// `*.long.test.ts` install onto loop devices, cut every call off, or edit images at random: too long for each change.
import { runsAlone, shortTests } from './test/together/groups.ts';

const long = ['test/**/*.long.test.ts'];
const short = ['test/**/*.test.ts', '!test/system/**', '!test/**/*.long.test.ts'];
/** The short ones as well, most of them in a few processes. */
const together = () => ['test/together/*.group.ts', ...shortTests().filter(runsAlone)];

function chosen() {
  if (process.env.LONG_TESTS !== undefined) return long;
  return process.env.TESTS_TOGETHER === undefined ? short : together();
}

export default {
  extensions: ['ts'],
  files: chosen(),
  // Of silence: a group loads a hundred files before its first test ends.
  timeout: '6m',
  workerThreads: false,
};
