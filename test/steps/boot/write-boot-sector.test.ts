/** Closing a disk makes udev take its partitions away for a moment: the step ends when they are back. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { SparseBytes } from '../../fakes/host.ts';
import { cases } from '../cases.ts';
import { table } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { MiB, machine } from '../machine.ts';

const step = cases['write-boot-sector'].step as Extract<Step, { kind: 'write-boot-sector' }>;

test('partitions are waited for when udev has ended', async (t) => {
  const { host } = machine();
  const context = contextOf(host);
  await handlers['write-partition-table'].run(
    table as Extract<Step, { kind: 'write-partition-table' }>,
    context,
  );
  host.devices.delete('/dev/vda2');
  host.tools.set('udevadm', () => {
    host.devices.set('/dev/vda2', new SparseBytes(300 * MiB));
    return undefined;
  });
  const before = host.clock.now();
  await handlers['write-boot-sector'].run(step, context);
  t.is(host.clock.now(), before, 'nothing was waited for');
});
