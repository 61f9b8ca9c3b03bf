/** Stopping what stands on a disk: each in its own way, what is gone already left alone, what is in use refused. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import type { FakeSetup } from '../../fakes/host.ts';
import { cases } from '../cases.ts';
import { contextOf } from '../context.ts';

const tested = cases['stop-stacked'];
const step = tested.step as Extract<Step, { kind: 'stop-stacked' }>;
const { run, preflight, verify } = handlers['stop-stacked'];

function ready(setup: FakeSetup = {}) {
  const { host, names } = tested.machine(setup);
  return { host, context: contextOf(host, names) };
}

test('the kernel is told in the word that each driver takes; what has gone by itself is left alone', async (t) => {
  const { host, context } = ready();
  await run(step, context);
  t.is(await host.files.readText('/sys/class/block/md127/md/array_state'), 'clear');
  t.is(await host.files.readText('/sys/class/block/bcache0/bcache/stop'), '1');
  t.false(await host.files.exists('/sys/class/block/md5/md/array_state'));
  t.deepEqual(
    host.ran.filter((line) => !line.startsWith('udevadm')),
    ['swapoff /dev/dm-1', 'dmsetup remove --retry vg-root'],
  );
});

test('swap that the plan stops is no obstacle, a mount of anything on the disk is', async (t) => {
  const swap = { ...step, swaps: ['/dev/mapper/vg-root'] };
  const swaps = { '/proc/swaps': 'Filename\n/dev/dm-0 partition 1 0 -2\n' };
  await t.notThrowsAsync(async () => run(swap, ready({ files: swaps }).context));
  const { host, context } = ready({
    files: { '/proc/self/mountinfo': '22 21 9:127 / /srv rw - ext4 /dev/md127 rw\n' },
  });
  for (const look of [preflight, run])
    await t.throwsAsync(async () => look?.(step, context), {
      code: 'disk-busy',
      message: '/dev/vda is in use: /dev/md127 at /srv',
    });
  t.deepEqual(host.ran, []);
});

test('dmsetup is asked for beforehand where it is needed', async (t) => {
  const { host, context } = ready();
  await t.notThrowsAsync(async () => preflight?.(step, context));
  host.tools.delete('dmsetup');
  await t.throwsAsync(async () => preflight?.(step, context), {
    code: 'tool-missing',
    message: 'dmsetup is missing, which is needed to stop what is active on /dev/vda',
  });
  const others = { ...step, devices: step.devices.filter(({ way }) => way !== 'dm') };
  await t.notThrowsAsync(async () => preflight?.(others, context));
});

test('what lets go late is waited for, what does not is told by name after some seconds', async (t) => {
  const { host, context } = ready();
  await run(step, context);
  await host.files.write('/sys/class/block/vda/holders/md126', '');
  const { sleep } = host.clock;
  let polls = 0;
  Object.assign(host.clock, {
    sleep: async (ms: number) => {
      polls += 1;
      if (polls === 3) await host.files.remove('/sys/class/block/vda/holders/md126');
      await sleep(ms);
    },
  });
  await t.notThrowsAsync(async () => verify?.(step, context));
  t.is(polls, 3);
  await host.files.write('/sys/class/block/vda/holders/md126', '');
  const before = host.clock.now();
  await t.throwsAsync(async () => verify?.(step, context), { message: '/dev/vda is in use: md126' });
  const waited = host.clock.now() - before;
  t.true(waited >= 15_000 && waited < 16_000, `${waited}`);
});
