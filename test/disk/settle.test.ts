/** Waiting for udev: only for what it is at work on, and never for a disk that it may not look at. */
import test from 'ava';
import { settleDevices, settleOthers } from '../../src/disk/settle.ts';
import { fakeHost } from '../fakes/host.ts';

const machine = (files: Readonly<Record<string, string>> = {}) =>
  fakeHost({ files, tools: { udevadm: () => undefined } });

test('udev is not waited for while a disk is taken from it: it would wait for us', async (t) => {
  const host = machine();
  await host.deviceLocks.take('/dev/vda');
  await settleDevices(host);
  t.deepEqual(host.ran, []);
  await host.deviceLocks.release('/dev/vda');
  await settleDevices(host);
  t.is(host.ran.length, 1);
});

test('where nothing was set off, udev is waited for only when it is at work', async (t) => {
  const [idle, busy] = [machine(), machine({ '/run/udev/queue': '' })];
  await settleOthers(idle);
  t.deepEqual(idle.ran, []);
  await settleOthers(busy);
  t.deepEqual(busy.ran, ['udevadm settle --timeout=15']);
});

test('without udev nothing is waited for', async (t) => {
  await t.notThrowsAsync(settleDevices(fakeHost()));
});
