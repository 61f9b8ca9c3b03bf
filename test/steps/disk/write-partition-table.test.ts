/** Partitions appear when the kernel has looked, and only then do names stand for them. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { SparseBytes } from '../../fakes/host.ts';
import { table } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const step = table as Extract<Step, { kind: 'write-partition-table' }>;

function unseen() {
  const { host } = machine();
  for (const { path } of step.partitions) host.devices.delete(path ?? '');
  return { host, context: contextOf(host) };
}

const sizeOf = ({ firstLba, lastLba }: { firstLba: number; lastLba: number }) =>
  (lastLba - firstLba + 1) * 512;

test('the kernel is told before the partitions are waited for', async (t) => {
  const { host, context } = unseen();
  host.tools.set('partx', () => {
    for (const one of step.partitions) host.devices.set(one.path ?? '', new SparseBytes(sizeOf(one)));
    return undefined;
  });
  t.throws(() => context.resolve('part:esp'));
  const before = host.clock.now();
  await handlers['write-partition-table'].run(step, context);
  t.deepEqual(
    step.partitions.map(({ bind }) => context.resolve(bind)),
    ['/dev/vda1', '/dev/vda2', '/dev/vda3'],
  );
  t.is(host.clock.now(), before, 'nothing was waited for');
});

test('a partition that comes late is waited for, and the next one after it', async (t) => {
  const { host, context } = unseen();
  const { sleep } = host.clock;
  const late = [...step.partitions];
  Object.assign(host.clock, {
    sleep: async (ms: number) => {
      const next = late.shift();
      if (next !== undefined) host.devices.set(next.path ?? '', new SparseBytes(sizeOf(next)));
      await sleep(ms);
    },
  });
  await handlers['write-partition-table'].run(step, context);
  t.deepEqual(late, []);
});

test('one that never comes is told after some seconds, and its name stands for nothing', async (t) => {
  const { host, context } = unseen();
  const before = host.clock.now();
  await t.throwsAsync(async () => handlers['write-partition-table'].run(step, context), {
    code: 'device-missing',
    message: 'The new partition /dev/vda1 is not there',
  });
  const waited = host.clock.now() - before;
  t.true(waited >= 15_000 && waited < 16_000, `${waited}`);
  t.throws(() => context.resolve('part:bios'));
});
