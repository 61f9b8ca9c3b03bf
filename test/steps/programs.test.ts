/** Which programs the steps of a plan need, and that a plan is refused without them. */
import test from 'ava';
import { requirePrograms } from '../../src/install/check/programs.ts';
import { programsOf, type Step } from '../../src/steps/index.ts';
import { fakeHost } from '../fakes/host.ts';
import { cases } from './cases.ts';
import { environment, formatEsp, formatState, mountState, table } from './common-steps.ts';

const markedOn = (fileSystem: 'fat' | 'ext4'): Step => ({
  ...{ id: 'a', kind: 'mark-valid', fileSystem, partition: 'part:esp', from: 'installing', environment },
});
const fillingOn = (fileSystem: 'fat' | 'ext4'): Step => ({
  ...{ id: 'a', kind: 'mark-filling', fileSystem, partition: 'part:esp', environment },
});
const stacked = cases['stop-stacked'].step as Extract<Step, { kind: 'stop-stacked' }>;

test('programs come once, in the order of their first use', (t) => {
  t.deepEqual(programsOf([]), []);
  t.deepEqual(programsOf([formatEsp, mountState, formatState, formatEsp, table]), [
    ...['mount', 'umount', 'mkfs.ext4', 'partx'],
  ]);
});

test('what a step does not need this time is not asked for', (t) => {
  t.deepEqual(programsOf([markedOn('fat'), fillingOn('fat')]), []);
  t.deepEqual(programsOf([markedOn('ext4')]), ['debugfs']);
  t.deepEqual(programsOf([fillingOn('ext4')]), ['debugfs']);
  t.deepEqual(programsOf([stacked]), ['swapoff', 'dmsetup']);
  t.deepEqual(programsOf([{ ...stacked, swaps: [] }]), ['dmsetup']);
  const withoutDm = stacked.devices.filter(({ way }) => way !== 'dm');
  t.deepEqual(programsOf([{ ...stacked, devices: withoutDm }]), ['swapoff']);
});

test('programs that are missing are refused all at once', async (t) => {
  const steps = [mountState, formatState];
  const [mount, umount, mkfs] = [() => undefined, () => undefined, () => undefined];
  await t.throwsAsync(requirePrograms(fakeHost({ tools: { umount } }), steps), {
    code: 'tool-missing',
    message: 'Programs that this needs are missing: mount, mkfs.ext4',
  });
  const host = fakeHost({ tools: { mount, umount, 'mkfs.ext4': mkfs } });
  await t.notThrowsAsync(requirePrograms(host, steps));
  t.deepEqual(host.ran, []);
});
