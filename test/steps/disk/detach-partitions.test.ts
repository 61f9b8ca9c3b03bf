/** A disk that something looks at just now is not a disk in use. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { cases, machine } from '../cases.ts';
import { contextOf } from '../context.ts';

const step = cases['detach-partitions'].step as Extract<Step, { kind: 'detach-partitions' }>;
const partition = '/sys/class/block/vda/vda1/partition';

/** A disk with one partition, which something has open while `tries` attempts fail. */
function heldFor(tries: number) {
  const { host } = machine({ files: { [partition]: '1\n' } });
  let left = tries;
  host.tools.set('partx', async () => {
    if (left-- > 0) return { exitCode: 1, stderr: 'error deleting partition 1' };
    await host.files.remove(partition);
    return undefined;
  });
  return host;
}

test('a partition that is open for a moment is waited for', async (t) => {
  const host = heldFor(3);
  await handlers['detach-partitions'].run(step, contextOf(host));
  t.deepEqual(host.ran, Array(4).fill('partx --delete /dev/vda'));
});

test('one that stays in use is a refusal after some seconds', async (t) => {
  const host = heldFor(1000);
  const before = host.clock.now();
  await t.throwsAsync(async () => handlers['detach-partitions'].run(step, contextOf(host)), {
    code: 'disk-busy',
    message: '/dev/vda is in use: vda1',
  });
  t.is(host.clock.now() - before, 5000);
});
