/** Devices that are away for a moment while udev looks at a disk are waited for; nothing else is, and not for ever. */
import test from 'ava';
import {
  expectOnDevice,
  waitForDevice,
  withDevice,
  writeThrough,
} from '../../../src/steps/support/devices.ts';
import { fakeHost, SparseBytes } from '../../fakes/host.ts';
import { contextOf } from '../context.ts';

/** A machine whose device refuses to be opened so many times. */
function away(times: number, code: string) {
  const host = fakeHost({ devices: { '/dev/x': new SparseBytes(4096) } });
  const { open } = host.files;
  let left = times;
  Object.assign(host.files, {
    open: async (...args: Parameters<typeof open>) => {
      if (left-- > 0) throw Object.assign(new Error(code), { code });
      return open(...args);
    },
  });
  return { host, context: contextOf(host) };
}

test('a device that is away for a moment is waited for', async (t) => {
  for (const code of ['ENOENT', 'ENXIO']) {
    const { host, context } = away(4, code);
    const before = host.clock.now();
    t.is(await withDevice(context, '/dev/x', 'r', async ({ size }) => size), 4096);
    t.is(host.clock.now() - before, 200);
  }
});

test('one that stays away is told after some seconds, anything else at once', async (t) => {
  const gone = away(Number.POSITIVE_INFINITY, 'ENXIO');
  const before = gone.host.clock.now();
  await t.throwsAsync(
    withDevice(gone.context, '/dev/x', 'r', async () => {}),
    { code: 'ENXIO' },
  );
  const waited = gone.host.clock.now() - before;
  t.true(waited >= 15_000 && waited < 16_000, `${waited}`);
  const denied = away(1, 'EACCES');
  await t.throwsAsync(
    withDevice(denied.context, '/dev/x', 'r', async () => {}),
    { code: 'EACCES' },
  );
});

test('it is closed whatever happens', async (t) => {
  const { host, context } = away(0, '');
  await t.throwsAsync(
    withDevice(context, '/dev/x', 'r', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.is(host.effects.at(-1)?.kind, 'close');
});

test('what is not there where it was written is told by its place', async (t) => {
  const { host, context } = away(0, '');
  const target = { path: '/dev/x', offset: 1024, size: 2048 };
  const pieces = [
    { offset: 0, bytes: Buffer.from('abc') },
    { offset: 512, bytes: Buffer.from('def') },
  ];
  await writeThrough(context, target, pieces);
  t.is(Buffer.from(host.devices.get('/dev/x')?.read(1024 + 512, 3) ?? []).toString(), 'def');
  await t.notThrowsAsync(expectOnDevice(context, target, pieces));
  host.devices.get('/dev/x')?.write(1024 + 514, Buffer.from('X'));
  await t.throwsAsync(expectOnDevice(context, target, pieces), {
    code: 'read-back',
    message: '/dev/x (from byte 1024) at byte 512 does not hold what was written',
  });
});

test('a partition is there when a block device of its size is', async (t) => {
  const { context } = away(0, '');
  await t.notThrowsAsync(waitForDevice(context, '/dev/x', 4096));
  await t.throwsAsync(waitForDevice(context, '/dev/x', 8192), {
    code: 'device-missing',
    message: 'The new partition /dev/x has 4096 bytes instead of 8192',
  });
  await context.host.files.makeDir('/dev');
  await context.host.files.write('/dev/file', 'x');
  await t.throwsAsync(waitForDevice(context, '/dev/file', 1), { code: 'device-missing' });
});
