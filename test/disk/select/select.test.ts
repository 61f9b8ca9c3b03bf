import test from 'ava';
import type { DiskFacts } from '../../../src/disk/facts.ts';
import { carriesData, chooseDisk, chooseVarDisk } from '../../../src/disk/select/select.ts';
import { OpsError } from '../../../src/errors.ts';
import { disk, partition } from '../facts.ts';

const withData = { content: 'data', contentSummary: 'ext4 "home"' } as const;
const silent = { silent: true, wipe: false };
const asked = { silent: false, wipe: false };

const chosen = test.macro({
  exec: (
    t,
    disks: readonly DiskFacts[],
    device: string | undefined,
    options: typeof silent,
    expected: string,
  ) => {
    const choice = chooseDisk({ disks }, device, options);
    t.is('disk' in choice ? choice.disk.path : choice.choices.map((one) => one.path).join(' or '), expected);
  },
  title: (title) => `chooses ${title}`,
});
const vda = disk('/dev/vda');
const stick = disk('/dev/sda', { bootMedium: true, ...withData });
const byId = '/dev/disk/by-id/nvme-X';

test('the only disk', chosen, [vda], undefined, silent, '/dev/vda');
test('the only disk beside the medium', chosen, [stick, vda], undefined, silent, '/dev/vda');
test(
  'the named disk though it carries data',
  chosen,
  [disk('/dev/sdb', withData), vda],
  '/dev/sdb',
  silent,
  '/dev/sdb',
);
test(
  'a disk by its link',
  chosen,
  [vda, disk('/dev/nvme0n1', { links: [byId] })],
  byId,
  silent,
  '/dev/nvme0n1',
);
test(
  'our own unfinished target',
  chosen,
  [disk('/dev/vda', { content: 'unfinished' })],
  undefined,
  silent,
  '/dev/vda',
);
test(
  'a disk with data when wiping is allowed',
  chosen,
  [disk('/dev/vda', withData)],
  undefined,
  { silent: true, wipe: true },
  '/dev/vda',
);
test(
  'a disk with data when somebody will be asked',
  chosen,
  [disk('/dev/vda', withData)],
  undefined,
  asked,
  '/dev/vda',
);
test(
  'nothing, but offers those that can be used',
  chosen,
  [stick, vda, disk('/dev/sdb', withData), disk('/dev/sdc', { size: 1e9 })],
  undefined,
  asked,
  '/dev/vda or /dev/sdb',
);

const ssd = { model: 'Samsung SSD 980', serial: 'S1', size: 500e9 };
const twins = [disk('/dev/sda', ssd), disk('/dev/sdb', { ...ssd, serial: 'S2' })];
test(
  'a disk with data by its serial number',
  chosen,
  twins.map((one) => ({ ...one, ...withData })),
  'serial=S2',
  silent,
  '/dev/sdb',
);
test(
  'the largest that can be used',
  chosen,
  [
    { ...stick, size: 4e12 },
    disk('/dev/sdb', { ...ssd, mounts: ['/mnt'] }),
    vda,
    disk('/dev/vdb', { size: 10e9 }),
  ],
  'largest',
  silent,
  '/dev/vda',
);
test(
  'the smallest that can be used',
  chosen,
  [disk('/dev/vdb', { size: 1e9 }), vda, disk('/dev/vdc', { size: 30e9 })],
  'smallest',
  silent,
  '/dev/vda',
);
test('by model and size', chosen, [vda, ...twins.slice(1)], 'model=Samsung*,size>=400G', silent, '/dev/sdb');
test(
  'the described disk with data when wiping is allowed',
  chosen,
  [vda, disk('/dev/vdb', { size: 30e9, ...withData })],
  'largest',
  { silent: true, wipe: true },
  '/dev/vdb',
);
test(
  'nothing, but offers those that meet the criteria',
  chosen,
  [vda, ...twins],
  'model=Samsung*',
  asked,
  '/dev/sda or /dev/sdb',
);

const md127 = { kernelName: 'md127', path: '/dev/md127', type: 'raid1', mounts: [], alsoOn: ['/dev/vdb'] };
const raid = disk('/dev/vda', { holders: ['md127'], stacked: [md127], ...withData });
test('a member of RAID by name', chosen, [raid], '/dev/vda', silent, '/dev/vda');
test(
  'a disk that is swapped to',
  chosen,
  [disk('/dev/vda', { mounts: ['[SWAP]'] })],
  '/dev/vda',
  silent,
  '/dev/vda',
);

const refuses = test.macro({
  exec: (
    t,
    disks: readonly DiskFacts[],
    device: string | undefined,
    options: typeof silent,
    code: string,
    words: RegExp,
  ) => {
    const error = t.throws(() => chooseDisk({ disks }, device, options), { instanceOf: OpsError, code });
    t.is(error?.kind, 'refused');
    t.truthy(error?.hint);
    t.regex([error?.message, ...(error?.details ?? []), error?.hint].join('\n'), words);
  },
  title: (title, _disks, _device, _options, code) => `refuses ${title}: ${code}`,
});

test(
  'a disk that does not exist',
  refuses,
  [vda],
  '/dev/sdz',
  asked,
  'device-not-found',
  /sdz is not a disk.*\nfound: \/dev\/vda, 20 GB: empty/,
);
test(
  'a disk that does not exist, with no other',
  refuses,
  [],
  '/dev/sdz',
  asked,
  'device-not-found',
  /no disk was found/,
);
test(
  'a partition',
  refuses,
  [disk('/dev/vda', { partitions: [partition('/dev/vda1')] })],
  '/dev/vda1',
  asked,
  'device-is-partition',
  /name a whole disk/,
);
test(
  'a partition by its link',
  refuses,
  [disk('/dev/vda', { links: [byId] })],
  `${byId}-part2`,
  asked,
  'device-is-partition',
  /name a whole disk/,
);
test('the medium', refuses, [stick, vda], '/dev/sda', asked, 'device-is-medium', /started from/);
test(
  'a mounted partition',
  refuses,
  [disk('/dev/vda', { partitions: [partition('/dev/vda1', { mounts: ['/mnt'] })] })],
  '/dev/vda',
  asked,
  'device-in-use',
  /\/dev\/vda1 is mounted on \/mnt/,
);
test(
  'a member of RAID that was not named',
  refuses,
  [raid],
  undefined,
  silent,
  'disk-has-data',
  /active: \/dev\/md127/,
);
test(
  'a RAID with a mounted partition',
  refuses,
  [{ ...raid, stacked: [{ ...md127, path: '/dev/md127p1', type: 'part', mounts: ['/srv'] }, md127] }],
  '/dev/vda',
  silent,
  'device-in-use',
  /\/dev\/md127p1 is mounted on \/srv/,
);
test(
  'a path of a multipath device',
  refuses,
  [disk('/dev/sda', { holders: ['dm-0'], stacked: [{ ...md127, kernelName: 'dm-0', type: 'mpath' }] })],
  '/dev/sda',
  silent,
  'device-in-use',
  /in use by dm-0/,
);
test(
  'a disk held by something that is not known',
  refuses,
  [disk('/dev/vda', { holders: ['md127'] })],
  '/dev/vda',
  asked,
  'device-in-use',
  /in use by md127/,
);
test(
  'a write-protected disk',
  refuses,
  [disk('/dev/vda', { readOnly: true })],
  '/dev/vda',
  asked,
  'device-read-only',
  /write-protected/,
);
test(
  'a small disk',
  refuses,
  [disk('/dev/vda', { size: 1e9 })],
  '/dev/vda',
  asked,
  'disk-too-small',
  /\/dev\/vda has 1 GB, but an installation needs 2\.5 GB/,
);
test(
  'two disks when silent',
  refuses,
  [vda, disk('/dev/vdb')],
  undefined,
  silent,
  'device-ambiguous',
  /2 disks.*\n\/dev\/vda.*\n\/dev\/vdb.*\n.*opsctl install DEVICE --silent/,
);
test(
  'two disks when silent though wiping is allowed',
  refuses,
  [vda, disk('/dev/vdb')],
  undefined,
  { silent: true, wipe: true },
  'device-ambiguous',
  /2 disks/,
);
test(
  'data on the only disk when silent',
  refuses,
  [disk('/dev/vda', withData)],
  undefined,
  silent,
  'disk-has-data',
  /ext4 "home".*\n.*opsctl install \/dev\/vda --silent/,
);
test(
  'an installation on the only disk when silent',
  refuses,
  [disk('/dev/vda', { content: 'bhojpur' })],
  undefined,
  silent,
  'disk-has-data',
  /was not named/,
);
test(
  'a damaged installation when silent',
  refuses,
  [disk('/dev/vda', { content: 'damaged' })],
  undefined,
  silent,
  'disk-has-data',
  /was not named/,
);
test(
  'a machine with none that can be used',
  refuses,
  [stick, disk('/dev/sdb', { size: 1e9 })],
  undefined,
  silent,
  'no-disk',
  /started from\n.*has 1 GB/,
);
test(
  'criteria that no disk meets',
  refuses,
  [vda],
  'serial=S9',
  silent,
  'device-not-found',
  /No disk matches serial=S9\nfound: \/dev\/vda, 20 GB: empty/,
);
test(
  'criteria that two disks meet',
  refuses,
  twins,
  'model=Samsung*',
  silent,
  'device-ambiguous',
  /2 disks match model=Samsung\*\n.*S1.*\n.*S2.*\n.*serial number/,
);
test('two largest', refuses, twins, 'largest', silent, 'device-ambiguous', /2 disks match largest/);
test(
  'two disks with one serial number',
  refuses,
  [disk('/dev/sda', ssd), disk('/dev/sdb', ssd)],
  'serial=S1',
  silent,
  'device-ambiguous',
  /2 disks match serial=S1/,
);
test(
  'the described disk when it is in use',
  refuses,
  [vda, disk('/dev/sdb', { ...ssd, mounts: ['/mnt'] })],
  'serial=S1',
  silent,
  'device-in-use',
  /mounted on \/mnt/,
);
test(
  'described disks that cannot be used',
  refuses,
  [disk('/dev/sda', { ...ssd, readOnly: true }), disk('/dev/sdb', { ...ssd, mounts: ['/mnt'] })],
  'model=Samsung*',
  silent,
  'no-disk',
  /that matches model=Samsung\*\n.*write-protected\n.*in use/,
);
test(
  'data on a described disk when silent',
  refuses,
  [vda, disk('/dev/vdb', { size: 30e9, ...withData })],
  'largest',
  silent,
  'disk-has-data',
  /\/dev\/vdb has data on it and was not named/,
);
test(
  'data on a disk by part of its serial number when silent',
  refuses,
  [disk('/dev/vdb', { serial: 'S1', ...withData })],
  'serial=S*',
  silent,
  'disk-has-data',
  /was not named/,
);
test('a machine without disks', refuses, [], undefined, asked, 'no-disk', /There is no disk/);

test('only empty and unfinished disks carry nothing', (t) => {
  const contents = ['empty', 'unfinished', 'bhojpur', 'damaged', 'data'] as const;
  t.deepEqual(
    contents.filter((content) => carriesData(disk('/dev/vda', { content }))),
    ['bhojpur', 'damaged', 'data'],
  );
});

test('what is neither a path nor criteria is wrong on any machine', (t) => {
  t.throws(() => chooseDisk({ disks: [vda] }, 'vda', silent), {
    instanceOf: OpsError,
    code: 'device-invalid',
  });
});

test('the disk for /var is another one, by the same rules', (t) => {
  const [first, second] = [
    disk('/dev/vda', { links: [byId] }),
    disk('/dev/vdb', { serial: 'S2', ...withData }),
  ];
  const choose = (requested: string, more: readonly DiskFacts[] = []) =>
    chooseVarDisk({ disks: [first, second, ...more] }, requested, first, silent).path;
  t.is(choose('/dev/vdb'), '/dev/vdb');
  t.is(choose('serial=S2'), '/dev/vdb');
  for (const same of ['/dev/vda', byId]) t.throws(() => choose(same), { code: 'device-twice' });
  t.throws(() => choose('largest'), { code: 'disk-has-data' });
  t.throws(() => choose('/dev/vdb1'), { code: 'device-not-found' });
  const twin = disk('/dev/vdc');
  t.is(choose('smallest', [disk('/dev/vdc', { size: 10e9 })]), '/dev/vdc');
  t.throws(() => chooseVarDisk({ disks: [first, twin, disk('/dev/vdd')] }, 'largest', first, asked), {
    code: 'device-ambiguous',
  });
});
