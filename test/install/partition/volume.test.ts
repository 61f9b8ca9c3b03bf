/** Which file systems on LVM and RAID are installed to, what has to be activated for them, and where they start from. */
import test from 'ava';
import type { DiskFacts, StackedDevice } from '../../../src/disk/facts.ts';
import { probeMachine } from '../../../src/disk/probe/probe.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import { bootPlaces } from '../../../src/install/partition/boot.ts';
import { choosePartition, describePartition } from '../../../src/install/partition/choose.ts';
import { volumeArguments } from '../../../src/install/partition/volume.ts';
import { disk, partition } from '../../disk/facts.ts';
import { machine } from '../../disk/probe/machine.ts';

const array = '2c5f7ac8-2a3e-4b16-9d0f-1f6f3d2b7a11';
const group = 'GroupGroupGroupGroupGroupGroup12';
const volumeUuid = 'KzWwK38bJ12Yxq0dFo2vUqJcHm6fMZ0p';
const volumeInGroups = 'KzWwK3-8bJ1-2Yxq-0dFo-2vUq-JcHm-6fMZ0p';
const state = { type: 'ext4', label: 'BOS_STATE', uuid: 'u' };

const stacked = (change: Partial<StackedDevice>): StackedDevice => ({
  ...{ kernelName: 'dm-0', path: '/dev/mapper/vg-state', type: 'lvm', mounts: [], alsoOn: [] },
  ...{ size: 8e9, signature: state, on: ['/dev/sda2'], mapperId: `LVM-${group}${volumeUuid}` },
  ...change,
});
const mirror = (change: Partial<StackedDevice> = {}) =>
  stacked({
    ...{ kernelName: 'md127', path: '/dev/md127', type: 'raid1', on: ['/dev/sda2', '/dev/sdb2'] },
    ...change,
  });
/** A GPT with bios_grub and a member or physical volume. */
const under = (
  path: string,
  type: string,
  devices: readonly StackedDevice[],
  change: Partial<DiskFacts> = {},
) =>
  disk(path, {
    tableType: 'gpt',
    partitions: [
      partition(`${path}1`, { type: partitionTypes.biosGrub }),
      partition(`${path}2`, { number: 2, start: 2e9, signature: { type, uuid: array } }),
    ],
    stacked: devices.filter(({ on = [] }) =>
      on.some((one) => one.startsWith(path) || one.startsWith('/dev/md')),
    ),
    ...change,
  });
const onLvm = (...devices: readonly StackedDevice[]) => [under('/dev/sda', 'LVM2_member', devices)];
const onMirror = (...devices: readonly StackedDevice[]) =>
  ['/dev/sda', '/dev/sdb'].map((path) => under(path, 'linux_raid_member', devices));

const activates = test.macro(
  (t, disks: readonly DiskFacts[], device: string | undefined, path: string, words: readonly string[]) => {
    const chosen = choosePartition({ disks }, device);
    t.is(chosen.partition.path, path);
    t.deepEqual(chosen.volume && volumeArguments(chosen.volume), words);
  },
);
const lv = `bos.lv=${volumeInGroups}`;
const lvPath = '/dev/mapper/vg-state';
test('a linear volume, by its path', activates, onLvm(stacked({})), lvPath, lvPath, [lv]);
test('by its kernel name', activates, onLvm(stacked({})), '/dev/dm-0', lvPath, [lv]);
test('by its label', activates, onLvm(stacked({})), undefined, lvPath, [lv]);
test('a mirror', activates, onMirror(mirror()), undefined, '/dev/md127', [`bos.md=${array}`]);
// A file system of an array of format 1.0 or 0.90 shows on its members.
const seen = onMirror(mirror()).map((one) => ({
  ...one,
  partitions: one.partitions.map((part) =>
    part.number === 1
      ? part
      : { ...part, signature: { ...state, type: 'ext4+linux_raid_member', uuid: array } },
  ),
}));
test('a mirror whose members show it', activates, seen, undefined, '/dev/md127', [`bos.md=${array}`]);
const plain = { signature: { type: 'LVM2_member' } };
const lvOnMirror = onMirror(mirror(plain), stacked({ on: ['/dev/md127'] }));
test('a volume on a mirror', activates, lvOnMirror, undefined, lvPath, [`bos.md=${array}`, lv]);
const inMirror = { kernelName: 'md127p1', path: '/dev/md127p1', type: 'part', on: ['/dev/md127'] };
const partOfMirror = onMirror(mirror({ signature: { type: 'x' } }), stacked({ ...inMirror, mapperId: '' }));
test('a partition of a mirror', activates, partOfMirror, undefined, '/dev/md127p1', [`bos.md=${array}`]);

const refuses = test.macro(
  (t, disks: readonly DiskFacts[], device: string | undefined, code: string, says: RegExp) => {
    const error = t.throws(() => choosePartition({ disks }, device), { code });
    t.regex([error.message, ...((error as { details?: string[] }).details ?? [])].join('\n'), says);
  },
);
const unusable = (change: Partial<StackedDevice>, ...more: readonly StackedDevice[]) =>
  onLvm(...more, stacked(change));
test('encryption', refuses, unusable({ type: 'crypt' }), lvPath, 'volume-unusable', /encrypted/);
const luks = stacked({ kernelName: 'dm-1', path: '/dev/mapper/luks', type: 'crypt' });
const onLuks = unusable({ on: ['/dev/mapper/luks'] }, luks).map((one) => ({
  ...one,
  stacked: [luks, stacked({ on: [luks.path] })],
}));
test('a volume on encryption', refuses, onLuks, lvPath, 'volume-unusable', /encrypted/);
test('multipath', refuses, unusable({ type: 'mpath' }), lvPath, 'volume-unusable', /multipath/);
test(
  'a bare device-mapper device',
  refuses,
  unusable({ type: 'dm' }),
  lvPath,
  'volume-unusable',
  /type "dm"/,
);
test('a cache', refuses, unusable({ type: 'bcache' }), lvPath, 'volume-unusable', /bcache/);
for (const level of ['raid0', 'raid5', 'raid10'])
  test(level, refuses, unusable({ type: level }), lvPath, 'volume-unusable', new RegExp(`this is ${level}`));
const pool = stacked({
  kernelName: 'dm-1',
  path: '/dev/mapper/vg-pool-tpool',
  mapperId: `LVM-${group}${volumeUuid}-tpool`,
});
const thin = [{ ...onLvm(pool)[0], stacked: [pool, stacked({ on: [pool.path] })] } as DiskFacts];
test('a thin volume, or a snapshot', refuses, thin, lvPath, 'volume-unusable', /snapshots or thin/);
test('a part of a volume', refuses, thin, pool.path, 'volume-unusable', /part of another LVM volume/);
const imsm = onMirror(mirror()).map((one) => ({
  ...one,
  partitions: one.partitions.map((part) => ({ ...part, signature: { type: 'isw_raid_member' } })),
}));
test('RAID of a controller', refuses, imsm, '/dev/md127', 'volume-unusable', /of a controller/);
const { on: _, ...withoutOn } = stacked({});
const old = [under('/dev/sda', 'LVM2_member', [], { stacked: [withoutOn] })];
test('facts of an older version', refuses, old, lvPath, 'volume-unusable', /do not say/);
test('mounted', refuses, onLvm(stacked({ mounts: ['/srv'] })), lvPath, 'device-in-use', /srv/);
test('in use by another', refuses, lvOnMirror, '/dev/md127', 'device-in-use', /dm-0/);
test('no file system', refuses, onLvm(stacked({ signature: { type: 'xfs' } })), lvPath, 'not-ext4', /xfs/);
const locked = onMirror(mirror()).map((one, index) => ({ ...one, readOnly: index === 1 }));
test('a member that is write-protected', refuses, locked, '/dev/md127', 'device-read-only', /sdb/);
const medium = onMirror(mirror()).map((one) => ({ ...one, bootMedium: true }));
test('what the system was started from', refuses, medium, '/dev/md127', 'device-is-medium', /md127/);
const besides = onLvm(stacked({ signature: { type: 'ext4', label: 'data', uuid: 'v' } })).map((one) => ({
  ...one,
  partitions: [...one.partitions, partition('/dev/sda3', { number: 3, signature: state })],
}));
test('a partition with the label beside it', refuses, besides, lvPath, 'state-ambiguous', /sda3/);
test(
  'a device of the kernel that is none of these',
  refuses,
  onLvm(),
  '/dev/dm-7',
  'device-not-found',
  /seen/,
);

const placesOf = (disks: readonly DiskFacts[], firmware: 'bios' | 'efi' = 'bios') =>
  bootPlaces({ arch: 'amd64', disks, firmware }, choosePartition({ disks }), new Map(), { forceEfi: false });

test('every disk of a mirror starts it, and no return is promised', (t) => {
  const { bios, manualSteps } = placesOf(onMirror(mirror()));
  t.deepEqual(
    bios.map((one) => one.disk.path),
    ['/dev/sda', '/dev/sdb'],
  );
  t.is(manualSteps.length, 1);
  t.regex(manualSteps[0] ?? '', /never goes back by itself/);
});
test('of two disks that are needed both, one starts it', (t) => {
  const spread = stacked({ on: ['/dev/sda2', '/dev/sdb2'] });
  const [first, second] = ['/dev/sda', '/dev/sdb'].map((path) => under(path, 'LVM2_member', [spread]));
  const whole = { ...first, tableType: undefined } as unknown as DiskFacts;
  t.deepEqual(
    placesOf([first, second] as DiskFacts[]).bios.map((one) => one.disk.path),
    ['/dev/sda'],
  );
  t.deepEqual(
    placesOf([whole, second] as DiskFacts[]).bios.map((one) => one.disk.path),
    ['/dev/sdb'],
  );
});
test('a disk of a mirror that cannot start it is said', (t) => {
  const [first, second] = onMirror(mirror());
  const { bios, manualSteps } = placesOf([
    first,
    { ...second, partitions: second?.partitions.slice(1) },
  ] as DiskFacts[]);
  t.deepEqual(
    bios.map((one) => one.disk.path),
    ['/dev/sda'],
  );
  t.regex(manualSteps.join('\n'), /BIOS, since \/dev\/sdb has a GPT without a bios_grub/);
});
test('every EFI system partition of a mirror, each once', (t) => {
  const efi = onMirror(mirror()).map((one) => ({
    ...one,
    partitions: [
      partition(`${one.path}1`, { type: partitionTypes.efiSystem, signature: { type: 'vfat' } }),
      ...one.partitions.slice(1),
    ],
  }));
  t.deepEqual(
    placesOf(efi, 'efi').efi.map((one) => one.partition.path),
    ['/dev/sda1', '/dev/sdb1'],
  );
  const [first, second] = efi;
  const single = placesOf(
    [{ ...first, partitions: first?.partitions.slice(1) }, second] as DiskFacts[],
    'efi',
  );
  t.deepEqual(
    single.efi.map((one) => one.partition.path),
    ['/dev/sdb1'],
  );
});

test('a machine as it is probed: RAID1, and LVM on one disk', async (t) => {
  const mapperId = `LVM-${group}${volumeUuid}\n`;
  const names = ['dm-0', 'dm-1', 'dm-2', 'dm-3'];
  const files = Object.fromEntries(names.map((name) => [`/sys/class/block/${name}/dm/uuid`, mapperId]));
  const { disks } = await probeMachine(await machine('md-lvm', { files }));
  const chosen = choosePartition({ disks }, '/dev/md127');
  t.deepEqual(chosen.volume?.arrays, ['a1b2c3d4-0001-0002-0003-000400050006']);
  t.deepEqual(
    chosen.volume?.disks.map(({ path }) => path),
    ['/dev/sda', '/dev/sdb'],
  );
  t.snapshot(describePartition(chosen));
  const [volume] = disks.flatMap((one) => one.stacked).filter(({ type }) => type === 'lvm');
  t.is(volume?.mapperId, mapperId.trim());
  t.true((volume?.on ?? []).length > 0);
});
