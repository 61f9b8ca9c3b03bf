/** Which partition is installed to as it is, and where its boot loader goes. */
import test from 'ava';
import fc from 'fast-check';
import { bootedCoreLba, unusedHalf } from '../../../src/boot/boot-sector.ts';
import type { DiskFacts } from '../../../src/disk/facts.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import { bootPlaces, type EspFacts } from '../../../src/install/partition/boot.ts';
import { choosePartition } from '../../../src/install/partition/choose.ts';
import { disk, partition } from '../../disk/facts.ts';

const ext4 = (label?: string) => ({
  signature: { type: 'ext4', uuid: 'u', ...(label === undefined ? {} : { label }) },
});
const disks = [
  disk('/dev/vda', {
    tableType: 'dos',
    links: ['/dev/disk/by-id/virtio-A'],
    partitions: [
      partition('/dev/vda1', { ...ext4('BOS_STATE') }),
      partition('/dev/vda2', { number: 2, start: 2e9, signature: { type: 'xfs' } }),
    ],
  }),
  disk('/dev/vdb', { partitions: [partition('/dev/vdb1', ext4('data'))] }),
];
const chosen = (machine: readonly DiskFacts[], device?: string, real?: string) =>
  choosePartition({ disks: machine }, device, real).partition.path;

test('the only one with the label', (t) => t.is(chosen(disks), '/dev/vda1'));
test('DEVICE beats the label', (t) => t.is(chosen(disks, '/dev/vdb1'), '/dev/vdb1'));
test('a link', (t) => {
  t.is(chosen(disks, '/dev/disk/by-id/virtio-A-part1'), '/dev/vda1');
  t.is(chosen(disks, '/dev/disk/by-uuid/u', '/dev/vdb1'), '/dev/vdb1');
});

const refuses = test.macro(
  (t, machine: readonly DiskFacts[], device: string | undefined, code: string, says: RegExp = /./) => {
    const error = t.throws(() => chosen(machine, device), { code });
    t.regex([error.message, ...((error as { details?: string[] }).details ?? [])].join('\n'), says);
  },
);
const [first, second] = disks as [DiskFacts, DiskFacts];
const twice = [first, { ...second, partitions: [partition('/dev/vdb1', ext4('BOS_STATE'))] }];
test(
  'two partitions with the label are refused and listed',
  refuses,
  twice,
  undefined,
  'state-ambiguous',
  /vda1[\s\S]*vdb1/,
);
const besides = [{ ...first, partitions: [...first.partitions, partition('/dev/vda3', ext4('x'))] }];
test('another with the label on the same disk', refuses, besides, '/dev/vda3', 'state-ambiguous');
test('none with the label', refuses, [second], undefined, 'state-missing');
test('a whole disk', refuses, disks, '/dev/vda', 'device-is-disk', /vda1/);
test('another file system', refuses, disks, '/dev/vda2', 'not-ext4', /xfs/);
test('no such partition', refuses, disks, '/dev/vdz1', 'device-not-found', /seen: .*vda1/);
test('criteria', refuses, disks, 'largest', 'device-invalid');
const changed = (change: Partial<DiskFacts>, part = {}) => [
  { ...first, ...change, partitions: [partition('/dev/vda1', { ...ext4('BOS_STATE'), ...part })] },
];
test('mounted', refuses, changed({}, { mounts: ['/srv'] }), '/dev/vda1', 'device-in-use', /srv/);
test('under LVM', refuses, changed({}, { holders: ['dm-0'] }), '/dev/vda1', 'device-in-use', /dm-0/);
test('the medium', refuses, changed({ bootMedium: true }), '/dev/vda1', 'device-is-medium');
test('write-protected', refuses, changed({ readOnly: true }), '/dev/vda1', 'device-read-only');
const usable: EspFacts = { fat32: true, fallback: 'free', redirect: 'free', room: 2 ** 30 };
const withEsp = disk('/dev/vda', {
  tableType: 'gpt',
  partitions: [
    partition('/dev/vda1', { type: partitionTypes.efiSystem, signature: { type: 'vfat' } }),
    partition('/dev/vda2', { number: 2, start: 2e9, ...ext4('BOS_STATE') }),
  ],
});
const onEsp = (sight: EspFacts | undefined, firmware: 'efi' | 'bios' = 'efi', mounts: string[] = []) => {
  const [esp, state] = withEsp.partitions;
  const one = { ...withEsp, partitions: [{ ...esp, mounts }, state] } as DiskFacts;
  return bootPlaces(
    { arch: 'amd64', disks: [one], firmware },
    choosePartition({ disks: [one] }),
    new Map(sight === undefined ? [] : [['/dev/vda', { esp: sight }]]),
    { forceEfi: false },
  );
};
test('an ESP that nobody has put a fallback on gets it', (t) => {
  const { efi, manualSteps } = onEsp(usable);
  t.true(efi[0]?.fallback);
  t.deepEqual(manualSteps, []);
});
const left = test.macro((t, places: ReturnType<typeof onEsp>, used: boolean, says: RegExp) => {
  t.is(places.efi.length > 0, used);
  t.regex(places.manualSteps.join('; '), says);
});
test('a fallback of another system', left, onEsp({ ...usable, fallback: 'other' }), true, /BOOTX64/);
test('an ESP that is not FAT32', left, onEsp({ ...usable, fat32: false }), false, /not FAT32/);
test('a full ESP', left, onEsp({ ...usable, room: 1e6 }), false, /1 MB free/);
test('a mounted ESP', left, onEsp(usable, 'efi', ['/boot/efi']), false, /mounted/);
test('a GRUB of another kind there', left, onEsp({ ...usable, redirect: 'other' }), false, /another system/);
test('a BIOS without bios_grub', left, onEsp(usable, 'bios'), false, /without a bios_grub/);

test('boot code of another system is kept, and its core image not written over', (t) => {
  const one = disk('/dev/vda', {
    tableType: 'dos',
    partitions: [partition('/dev/vda1', { start: 2 ** 20, ...ext4('BOS_STATE') })],
  });
  const places = (bootedCore: number) =>
    bootPlaces(
      { arch: 'amd64', disks: [one], firmware: 'bios' },
      choosePartition({ disks: [one] }),
      new Map([['/dev/vda', { bootedCore, otherBootCode: true }]]),
      { forceEfi: false },
    );
  t.deepEqual(places(1).manualSteps, []);
  t.like(places(1).bios[0], { area: { first: 1024, last: 2047 }, keepSector: true });
  t.like(places(1024).bios[0], { area: { first: 1, last: 1023 } });
});

test('what the disk starts from now is never in the half that is written', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), fc.nat(12_000), (start, more, booted) => {
      const area = { first: start, last: start + more + 1 };
      const half = unusedHalf(area, booted);
      return (
        half.first >= area.first &&
        half.last <= area.last &&
        half.last >= half.first &&
        !(booted >= half.first && booted <= half.last)
      );
    }),
  );
  t.is(bootedCoreLba(new Uint8Array(512)), undefined);
});
