/** Reading back on two threads: when one finds a fault, the other does not go on reading. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import type { Files } from '../../../src/host/ports.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { cases } from '../cases.ts';
import { copyFiles, manifestFiles } from '../common-steps.ts';
import { contextOf } from '../context.ts';

const tested = cases['verify-files'];
const step = tested.step as Extract<Step, { kind: 'verify-files' }>;
const pathOf = (path = '') => `/run/bos/target/${path}`;
const largest = manifestFiles.toSorted((a, b) => b.size - a.size)[0];

async function copied(cpus: number) {
  const { host, names } = tested.machine();
  Object.assign(host.system, { cpus });
  const context = contextOf(host, names);
  await handlers['copy-files'].run(copyFiles as Extract<Step, { kind: 'copy-files' }>, context);
  return { host, context };
}

test('the other thread is stopped when one has failed, and has let go of its file before the step ends', async (t) => {
  const { host, context } = await copied(2);
  await host.files.write(pathOf(largest?.path), 'something else entirely');
  let stopped = false;
  const digest: Files['digest'] = async (_, { signal } = {}) => {
    if (signal !== undefined && !signal.aborted) await once(signal, 'abort');
    // A thread takes a moment to end; a file that is open then keeps the file system from being unmounted.
    await setTimeout(20);
    stopped = true;
    throw new Error('stopped');
  };
  Object.assign(host.files, { digest });
  await t.throwsAsync(async () => handlers['verify-files'].run(step, context), { code: 'read-back' });
  t.true(stopped);
});

test('with one processor this thread reads everything, with more another one takes its part', async (t) => {
  for (const [cpus, others] of [
    [1, 0],
    [2, 1],
    [64, 1],
  ] as const) {
    const { host, context } = await copied(cpus);
    const seen: string[] = [];
    const { digest } = host.files;
    Object.assign(host.files, {
      digest: (...args: Parameters<Files['digest']>) => {
        seen.push(args[0]);
        return digest(...args);
      },
    });
    await handlers['verify-files'].run(step, context);
    t.is(seen.length, others, `${cpus}`);
    const last = context.told.at(-1);
    t.is(last?.done, last?.total);
    t.is(
      last?.total,
      manifestFiles.reduce((sum, { size }) => sum + size, 0),
    );
  }
});

test('a file that has grown behind its end is not what was copied', async (t) => {
  const { host, context } = await copied(1);
  const { stat } = host.files;
  Object.assign(host.files, {
    stat: async (path: string) => {
      const found = await stat(path);
      return found === undefined ? found : { ...found, size: found.size + 1 };
    },
  });
  await t.throwsAsync(async () => handlers['verify-files'].run(step, context), { code: 'read-back' });
});

test('who stops it is told so, whatever fails of it', async (t) => {
  const { host, context } = await copied(1);
  await host.files.write(pathOf(largest?.path), 'something else entirely');
  const interrupted = { ...context, signal: AbortSignal.abort() };
  await t.throwsAsync(async () => handlers['verify-files'].run(step, interrupted), { code: 'interrupted' });
});
