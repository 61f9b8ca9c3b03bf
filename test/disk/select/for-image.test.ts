import test from 'ava';
import type { DiskFacts } from '../../../src/disk/facts.ts';
import { chooseImageDisk, imageDisksLeftOut } from '../../../src/disk/select/for-image.ts';
import { disk } from '../facts.ts';

const stick = disk('/dev/sdb', { removable: true, size: 16e9, serial: 'STICK', content: 'data' });
const other = disk('/dev/sdc', { removable: true, size: 32e9 });
const fixed = disk('/dev/sda', { removable: false, transport: 'sata', size: 500e9 });
const careful = { force: false, cards: [] };

const chosen = (
  disks: readonly DiskFacts[],
  requested?: string,
  options: { force: boolean; cards: string[] } = careful,
) => {
  const choice = chooseImageDisk({ disks }, requested, options);
  return 'disk' in choice ? choice.disk.path : choice.choices.map(({ path }) => path);
};

test('removable disks alone, USB disks in cases and cards among them', (t) => {
  t.is(chosen([fixed, stick]), '/dev/sdb');
  t.deepEqual(chosen([fixed, stick, other]), ['/dev/sdb', '/dev/sdc']);
  t.is(chosen([fixed, disk('/dev/sdd', { transport: 'usb', size: 1e12 })]), '/dev/sdd');
  const card = disk('/dev/mmcblk0', { transport: 'mmc', size: 8e9 });
  t.is(chosen([fixed, card], undefined, { force: false, cards: ['/dev/mmcblk0'] }), '/dev/mmcblk0');
  t.throws(() => chosen([fixed, card]), { code: 'no-disk' });
  t.is(chosen([fixed, stick, other], 'serial=STICK'), '/dev/sdb');
  t.is(chosen([fixed, stick, other], 'largest'), '/dev/sdc');
});

test('a fixed disk is refused by its name, and taken with force', (t) => {
  const error = t.throws(() => chosen([fixed, stick], '/dev/sda'), { code: 'device-fixed' });
  t.is(error?.message, '/dev/sda is a fixed disk, not a removable one');
  t.is(chosen([fixed, stick], '/dev/sda', { force: true, cards: [] }), '/dev/sda');
  t.throws(() => chosen([fixed]), { code: 'no-disk' });
  t.throws(() => chosen([fixed], 'transport=sata'), { code: 'device-fixed' });
});

const part = (more: object) => ({
  ...{ path: '/dev/sdb1', number: 1, start: 0, size: 1e9, mounts: [], holders: [] },
  ...more,
});
const stacked = (more: object) => [
  { ...{ kernelName: 'dm-0', path: '/dev/mapper/x', type: 'crypt', mounts: [], alsoOn: [] }, ...more },
];
const used: Readonly<Record<string, Partial<DiskFacts>>> = {
  'mounted as a whole': { mounts: ['/mnt'] },
  'a mounted partition': { partitions: [part({ mounts: ['/media/stick'] })] },
  'the running system': { partitions: [part({ mounts: ['/'] })] },
  'swap on a partition': { partitions: [part({ mounts: ['[SWAP]'] })] },
  'swap on it': { mounts: ['[SWAP]'] },
  encryption: { partitions: [part({ holders: ['dm-0'] })], stacked: stacked({}) },
  LVM: { holders: ['dm-0'], stacked: stacked({ type: 'lvm' }) },
  RAID: { holders: ['md127'], stacked: stacked({ kernelName: 'md127', path: '/dev/md127', type: 'raid1' }) },
  'an unknown driver': { holders: ['what0'] },
};
for (const [what, facts] of Object.entries(used))
  test(`in use, never taken, not with force: ${what}`, (t) => {
    const busy = { ...stick, ...facts };
    for (const force of [false, true]) {
      const error = t.throws(() => chosen([busy], '/dev/sdb', { force, cards: [] }), {
        code: 'device-in-use',
      });
      t.is(error?.message, '/dev/sdb is in use');
      t.throws(() => chosen([busy], 'serial=STICK', { force, cards: [] }), { code: 'device-in-use' });
      t.throws(() => chosen([busy, { ...other, ...facts }], undefined, { force, cards: [] }), {
        code: 'no-disk',
      });
    }
  });

test('the boot medium, a write-protected disk, one that is too small, a partition, nothing', (t) => {
  const force = { force: true, cards: [] };
  t.throws(() => chosen([{ ...stick, bootMedium: true }], '/dev/sdb', force), { code: 'device-is-medium' });
  t.throws(() => chosen([{ ...stick, readOnly: true }], '/dev/sdb', force), { code: 'device-read-only' });
  t.throws(() => chosen([{ ...stick, size: 1e6 }], '/dev/sdb', force), { code: 'disk-too-small' });
  t.throws(() => chosen([{ ...stick, partitions: [part({})] }], '/dev/sdb1', force), {
    code: 'device-is-partition',
  });
  t.throws(() => chosen([stick], '/dev/sdz', force), { code: 'device-not-found' });
  t.throws(() => chosen([stick], 'serial=OTHER', force), { code: 'device-not-found' });
  t.throws(() => chosen([stick], 'nonsense', force), { code: 'device-invalid' });
  t.deepEqual(imageDisksLeftOut({ disks: [fixed, { ...stick, mounts: ['/mnt'] }, other] }, careful), [
    '/dev/sda is a fixed disk, not a removable one',
    '/dev/sdb is in use',
  ]);
});
