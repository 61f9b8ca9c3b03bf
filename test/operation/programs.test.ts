/** Watching programs: each that has run is told of, however it ended, and nothing about it changes. */
import test from 'ava';
import { logged, observed, type ProgramEnd } from '../../src/operation/programs.ts';
import { fakeHost } from '../fakes/host.ts';

function machine() {
  const host = fakeHost({
    tools: {
      sleepy: async () => {
        await host.clock.sleep(250);
        return 'slept';
      },
      picky: () => ({ exitCode: 2 }),
    },
  });
  return host;
}

test('every program that has ended is told with its time and how it ended', async (t) => {
  const host = machine();
  const told: ProgramEnd[] = [];
  const { processes } = observed(host, (end) => void told.push(end));
  t.is((await processes.run('sleepy', ['-n', '1'])).stdout, 'slept');
  t.is((await processes.run('picky', [], { okCodes: [2] })).exitCode, 2);
  const error = await t.throwsAsync(processes.run('picky', []), { code: 'tool-failed' });
  t.deepEqual(told, [
    { command: 'sleepy -n 1', ms: 250, exitCode: 0 },
    { command: 'picky', ms: 0, exitCode: 2 },
    { command: 'picky', ms: 0, error },
  ]);
  t.is(await processes.which('sleepy'), '/usr/bin/sleepy');
});

test('in a log that is one line for each', async (t) => {
  const lines: string[] = [];
  const { processes } = logged(machine(), (line) => void lines.push(line));
  await processes.run('sleepy', ['1']);
  await t.throwsAsync(processes.run('picky', []));
  t.deepEqual(lines, ['+ sleepy 1 (250 ms, exit 0)', '+ picky failed after 0 ms']);
});
