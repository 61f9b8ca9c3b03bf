// Unit and integration tests by default; `test/system` (virtual machines) has its own runner, scripts/system.ts.
export default {
  extensions: ['ts'],
  files: ['test/**/*.test.ts', '!test/system/**'],
  timeout: '2m',
  workerThreads: false,
};
