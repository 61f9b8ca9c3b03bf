import test from 'ava';
import type { BlockDevice } from '../../../src/disk/probe/lsblk.ts';
import { disksUnder, stackedOn, wayToStop } from '../../../src/disk/probe/stacked.ts';

const device = (kernelName: string, type: string, children: readonly BlockDevice[] = []): BlockDevice => ({
  ...{ kernelName, path: `/dev/${kernelName}`, number: '1:1', type, size: 1, children },
  ...{ logicalSectorSize: 512, physicalSectorSize: 512, removable: false, readOnly: false },
});

test('what stands on another comes before it, each once; partitions of a disk are not stacked', (t) => {
  const snapshot = device('dm-2', 'lvm');
  const raid = device('md0', 'raid1', [
    device('md0p1', 'part', [device('dm-0', 'lvm', [snapshot]), device('dm-1', 'lvm', [snapshot])]),
  ]);
  const disks = [
    device('sda', 'disk', [device('sda1', 'part'), device('sda2', 'part', [raid])]),
    device('sdb', 'disk', [raid]),
  ];
  t.deepEqual(
    stackedOn(disks[0] ?? t.fail()).map((one) => one.kernelName),
    ['dm-2', 'dm-0', 'dm-1', 'md0p1', 'md0'],
  );
  t.deepEqual(disksUnder(disks).get('dm-0'), ['/dev/sda', '/dev/sdb']);
});

const stops = test.macro({
  exec: (t, kernelName: string, type: string, way: ReturnType<typeof wayToStop>) =>
    t.is(wayToStop({ kernelName, type }), way),
  title: (_title, kernelName, type, way) => `${type} ${kernelName}: ${way ?? 'cannot be stopped'}`,
});
test(stops, 'dm-12', 'crypt', 'dm');
test(stops, 'dm-0', 'mpath', undefined);
test(stops, 'md127', 'raid5', 'md');
test(stops, 'md_home', 'raid5', 'md');
test(stops, 'md127p1', 'part', 'with-parent');
test(stops, 'bcache0', 'disk', 'bcache');
test(stops, 'drbd0', 'disk', undefined);
