/** Which machines can have their disk replaced from memory, and why others are refused; pure, on facts. */
import test from 'ava';
import type { OpsError } from '../../../../src/errors.ts';
import type { TakeoverFacts } from '../../../../src/install/takeover/facts.ts';
import {
  checkReplace,
  type ReplaceTarget,
  requireTrialRoom,
  requireWholeDisk,
} from '../../../../src/install/takeover/replace/check.ts';
import type { ReplaceFacts } from '../../../../src/install/takeover/replace/facts.ts';
import { manifest } from '../../fixtures.ts';
import { apartFacts, oldFacts, rootUuid } from '../fixtures.ts';
import { boot } from './old-system.ts';

const MiB = 2 ** 20;
const more = (changed: Partial<ReplaceFacts> = {}): ReplaceFacts => ({
  ...{ memory: 735 * MiB, freeSpace: 400 * MiB, disk: { size: 10e9, sectorSize: 512 } },
  ...{ mounts: ['/', '/boot'], ...changed },
});
const onLvm: Partial<TakeoverFacts> = {
  ...apartFacts(),
  root: {
    ...{ fsType: 'xfs', source: '/dev/mapper/rhel-root', readOnly: false, whole: true, uuid: rootUuid },
    device: { path: '/dev/dm-0', kind: 'lvm' },
  },
};
const target: ReplaceTarget = { boot, folder: 'boot/grub', mounts: ['/', '/boot'] };

test('a root on LVM beside a /boot that GRUB writes to', (t) =>
  t.deepEqual(checkReplace(oldFacts(onLvm), more()), target));
for (const fsType of ['btrfs', 'zfs', 'f2fs'])
  test(`a root on ${fsType} beside such a /boot`, (t) => {
    const root = { fsType, source: 'x', readOnly: false, whole: false };
    t.deepEqual(checkReplace(oldFacts({ ...apartFacts(), root }), more()), target);
  });
test('a root on XFS that has /boot as a folder', (t) => {
  const root = { ...oldFacts().root, fsType: 'xfs' };
  t.deepEqual(checkReplace(oldFacts({ root }), more()).boot, {
    ...{ device: '/dev/vda3', disk: '/dev/vda', uuid: rootUuid, fsType: 'xfs' },
    ...{ mountPoint: '/', path: '/boot/grub' },
  });
});

const refuses = test.macro({
  title: (name) => `refuses ${name}`,
  exec: (
    t,
    facts: Partial<TakeoverFacts>,
    beside: ReplaceFacts | undefined,
    code: string,
    message: RegExp,
  ) => {
    const error = t.throws(() => checkReplace(oldFacts(facts), beside), { code, message }) as OpsError;
    t.is(error.kind, 'refused');
    t.regex(error.hint ?? '', /\w/);
  },
});
test('a Bhojpur OS', refuses, { ...onLvm, system: 'installed' }, more(), 'takeover-not-needed', /already/);
test('a container', refuses, { ...onLvm, container: 'lxc' }, more(), 'takeover-container', /lxc/);
test(
  'a root on btrfs that has /boot as a folder',
  refuses,
  { root: { ...oldFacts().root, fsType: 'btrfs' } },
  more(),
  'takeover-boot-apart',
  /^\/ is btrfs .*cannot take the one-time entry back/,
);
test(
  'a root on LVM that has /boot as a folder',
  refuses,
  { root: { ...oldFacts().root, device: { path: '/dev/dm-0', kind: 'lvm' } } },
  more(),
  'takeover-boot-apart',
  /^\/ is not on a partition/,
);
test(
  'a /boot on FAT, whose files everybody may read',
  refuses,
  apartFacts({ fsType: 'vfat' }),
  more(),
  'takeover-boot-apart',
  /is FAT/,
);
test(
  'a GRUB that reads another menu',
  refuses,
  { ...onLvm, loader: { menus: [':/grub2'], debianShim: false } },
  more(),
  'takeover-loader',
  /does not read/,
);
test(
  'Secure Boot by the shim of another distribution',
  refuses,
  { ...onLvm, firmware: 'efi', secureBoot: true },
  more(),
  'takeover-secure-boot',
  /does not trust/,
);
test(
  'one that is prepared already, and says where',
  refuses,
  { ...onLvm, ours: 'pending', oursAt: '/boot/bos' },
  more(),
  'takeover-pending',
  /\(\/boot\/bos\/system\/takeover\.json\)/,
);
test(
  'a folder of somebody',
  refuses,
  { ...onLvm, ours: 'foreign', oursAt: '/boot/bos' },
  more(),
  'takeover-path',
  /\/boot\/bos/,
);
test(
  'a disk that is too small',
  refuses,
  onLvm,
  more({ disk: { size: 2e9, sectorSize: 512 } }),
  'disk-too-small',
  /has 2 GB/,
);
const { disk: _, ...unseen } = more();
test('a disk that cannot be looked at', refuses, onLvm, unseen, 'takeover-device', /\/dev\/vda cannot/);
test('a system without GRUB', refuses, { ...onLvm, grub: [] }, undefined, 'takeover-no-grub', /no GRUB 2/);

test('the disk that starts the machine is named, and no other', (t) => {
  t.notThrows(() => requireWholeDisk('/dev/vda', target));
  for (const device of ['/dev/vdb', '/dev/vda2', '/dev/mapper/rhel-root'])
    t.throws(() => requireWholeDisk(device, target), {
      code: 'takeover-device-other',
      message: `This machine starts from /dev/vda, not from ${device}`,
    });
});

test('room and memory are refused with both numbers, at once', (t) => {
  const big = { ...manifest, files: [{ path: 'bos/system/os/1/x', size: 150e6, sha256: '0'.repeat(64) }] };
  t.notThrows(() => requireTrialRoom(target, more(), big, 1000));
  const error = t.throws<OpsError>(() =>
    requireTrialRoom(target, more({ freeSpace: 100e6, memory: 500 * MiB }), big, 1000),
  );
  t.is(error?.code, 'takeover-room');
  t.regex(error?.message ?? '', /^\/boot has too little room .*154 MB are needed, but 100 MB are free/);
  t.regex(error?.details.join('\n') ?? '', /too little memory .*657 MB are needed, but it has 524 MB/);
});
