// Unit and integration tests; `test/system` (virtual machines) has its own runner, scripts/system.ts. Files named
// `*.long.test.ts` install onto loop devices, cut every call off, or edit images at random: too long for each change.
const long = ['test/**/*.long.test.ts'];
const short = ['test/**/*.test.ts', '!test/system/**', '!test/**/*.long.test.ts'];

export default {
  extensions: ['ts'],
  files: process.env.LONG_TESTS === undefined ? short : long,
  timeout: '2m',
  workerThreads: false,
};
