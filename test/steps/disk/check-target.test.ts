/** A disk is taken from udev before the last look at it, and given back at every end. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { cases } from '../cases.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';
import { sequence } from '../promises.ts';

const step = cases['check-target'].step as Extract<Step, { kind: 'check-target' }>;
const { run, undo } = handlers['check-target'];

test('the disk is looked at when udev is away', async (t) => {
  const { host } = machine();
  const look = host.files.readText;
  let takenAtLook: boolean | undefined;
  host.files.readText = (path) => {
    takenAtLook ??= host.deviceLocks.taken.has('/dev/vda');
    return look(path);
  };
  await run(step, contextOf(host));
  t.true(takenAtLook);
  t.true(host.deviceLocks.taken.has('/dev/vda'));
});

test('it is given back, also by a step that refused', async (t) => {
  const { host } = machine({ files: { '/sys/class/block/vda/ro': '1\n' } });
  await t.throwsAsync(run(step, contextOf(host)), { code: 'disk-changed' });
  if (undo.kind !== 'release') return t.fail();
  await undo.run(step, contextOf(host));
  t.deepEqual([...host.deviceLocks.taken], []);
  t.is(sequence(/^lock \/dev\/vda$/, /^unlock \/dev\/vda$/)({ run: host.effects, verify: [] }), undefined);
});

test('where it cannot be taken, and where it need not be, the look is the same', async (t) => {
  const { host } = machine({ unlockable: true });
  await t.notThrowsAsync(run(step, contextOf(host)));
  const { alone: _, ...shared } = step;
  const other = machine();
  await run(shared, contextOf(other.host));
  t.deepEqual([...other.host.deviceLocks.taken], []);
});

test('where one of two disks cannot be taken, none is: udev is waited for', async (t) => {
  const { host } = machine();
  const { take } = host.deviceLocks;
  host.deviceLocks.take = async (path) => path !== '/dev/vda' && take(path);
  await take('/dev/vdb');
  await run(step, contextOf(host));
  t.deepEqual([...host.deviceLocks.taken], []);
});
