/** What probing sees of a running Linux, on folders that look like one. */
import test from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { TakeoverFacts } from '../../../src/install/takeover/facts.ts';
import { probeTakeover } from '../../../src/install/takeover/probe.ts';
import { watchingOpen } from '../../fakes/opened.ts';
import {
  bootPlace,
  bootUuid,
  btrfsBlock,
  oldFiles,
  oldMenu,
  rootUuid,
  superBlock,
  writeTree,
  xfsBlock,
} from './fixtures.ts';

const host = linuxHost();

type Tree = Readonly<Record<string, string | Buffer | undefined>>;
const sees = test.macro({
  title: (name) => `sees ${name}`,
  exec: async (t, tree: Tree, expected: Partial<TakeoverFacts>) => {
    const root = await host.files.makeTempDir('bos-old-');
    t.teardown(() => host.files.remove(root));
    await writeTree(root, { ...oldFiles, ...tree });
    const watched = watchingOpen(host);
    t.like(await probeTakeover(watched.host, root), expected as object);
    t.deepEqual(watched.open, []);
  },
});
const device = { path: '/dev/vda3', kind: 'partition', disk: '/dev/vda' } as const;
const mountinfo = (line: string): Tree => ({ 'proc/self/mountinfo': `${line}\n` });
const efi: Tree = { 'sys/firmware/efi/fw_platform_size': '64\n' };

test(
  'a plain Debian',
  sees,
  {},
  {
    ...{
      system: 'other',
      firmware: 'bios',
      secureBoot: false,
      consoles: ['tty0', 'ttyS0,115200'],
      ours: 'nothing',
    },
    root: { fsType: 'ext4', source: '/dev/vda3', readOnly: false, whole: true, device, uuid: rootUuid },
    mounts: [{ mountPoint: '/boot/efi', source: '/dev/vda2' }],
    grub: [{ folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'ok' }],
    missing: [],
  },
);
test('that nothing is a container', sees, {}, { container: undefined as never });
test('a read-only root', sees, mountinfo('25 1 254:3 / / ro,relatime - ext4 /dev/vda3 ro'), {
  root: { fsType: 'ext4', source: '/dev/vda3', readOnly: true, whole: true, device, uuid: rootUuid },
});
test('a chroot', sees, mountinfo('25 1 254:3 /srv/x / rw - ext4 /dev/vda3 rw'), {
  root: { fsType: 'ext4', source: '/dev/vda3', readOnly: false, whole: false, device, uuid: rootUuid },
});
test(
  'a root on LVM',
  sees,
  {
    'sys/dev/block/254:3': '-> ../../devices/virtual/block/dm-0',
    'sys/devices/virtual/block/dm-0/dm/uuid': 'LVM-abc\n',
    'dev/dm-0': superBlock(rootUuid),
  },
  {
    root: {
      fsType: 'ext4',
      source: '/dev/vda3',
      readOnly: false,
      whole: true,
      device: { path: '/dev/dm-0', kind: 'lvm' },
      uuid: rootUuid,
    },
  },
);
test(
  'an encrypted root',
  sees,
  {
    'sys/dev/block/254:3': '-> ../../devices/virtual/block/dm-0',
    'sys/devices/virtual/block/dm-0/dm/uuid': 'CRYPT-LUKS2-abc\n',
  },
  {
    root: {
      fsType: 'ext4',
      source: '/dev/vda3',
      readOnly: false,
      whole: true,
      device: { path: '/dev/dm-0', kind: 'crypt' },
    },
  },
);
test(
  'a root on RAID',
  sees,
  {
    'sys/dev/block/254:3': '-> ../../devices/virtual/block/md0',
    'sys/devices/virtual/block/md0/md/level': 'raid1\n',
  },
  {
    root: {
      fsType: 'ext4',
      source: '/dev/vda3',
      readOnly: false,
      whole: true,
      device: { path: '/dev/md0', kind: 'raid' },
    },
  },
);
test('a root of layers', sees, mountinfo('25 1 0:40 / / rw - overlay overlay rw'), {
  container: 'a layered root (overlay)',
});
for (const [name, tree, container] of [
  ['systemd-nspawn', { 'run/systemd/container': 'systemd-nspawn\n' }, 'systemd-nspawn'],
  ['LXC', { 'proc/1/environ': 'HOME=/\0container=lxc\0' }, 'lxc'],
  ['Docker', { '.dockerenv': '' }, 'docker'],
  ['podman', { 'run/.containerenv': '' }, 'podman'],
] as const)
  test(`a container of ${name}`, sees, tree, { container });
test(
  '/boot on a partition of its own',
  sees,
  {
    ...mountinfo('25 1 254:3 / / rw - ext4 /dev/vda3 rw\n41 25 254:2 / /boot rw - ext4 /dev/vda2 rw'),
    'sys/dev/block/254:2': '-> ../../devices/virtio/block/vda/vda2',
    'sys/devices/virtio/block/vda/vda2/partition': '2\n',
    'dev/vda2': superBlock(bootUuid),
  },
  { mounts: [{ mountPoint: '/boot', source: '/dev/vda2' }], grub: [{ place: bootPlace() }] as never },
);
test(
  'a /boot/grub2 of a root on btrfs, whose numbers are made up',
  sees,
  {
    ...mountinfo('25 1 0:24 /root / rw - btrfs /dev/vda4 rw\n41 25 254:2 / /boot rw - xfs /dev/vda2 rw'),
    'sys/class/block/vda4': '-> ../../devices/virtio/block/vda/vda4',
    'sys/devices/virtio/block/vda/vda4/partition': '4\n',
    'dev/vda4': btrfsBlock(rootUuid),
    'sys/dev/block/254:2': '-> ../../devices/virtio/block/vda/vda2',
    'sys/devices/virtio/block/vda/vda2/partition': '2\n',
    'dev/vda2': xfsBlock(bootUuid),
    'boot/grub/grub.cfg': undefined,
    'boot/grub2/grub.cfg': oldMenu,
  },
  {
    root: {
      ...{ fsType: 'btrfs', source: '/dev/vda4', readOnly: false, whole: false, uuid: rootUuid },
      device: { path: '/dev/vda4', kind: 'partition', disk: '/dev/vda' },
    },
    grub: [{ folder: 'boot/grub2', place: bootPlace({ fsType: 'xfs', path: '/grub2' }) }] as never,
  },
);
test(
  'what the GRUB of Fedora reads on UEFI: the menu of a /boot of its own',
  sees,
  {
    ...efi,
    'boot/efi/EFI/debian/grub.cfg': undefined,
    'boot/efi/EFI/fedora/grub.cfg': `search --no-floppy --root-dev-only --fs-uuid --set=dev ${bootUuid}\nset prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n`,
  },
  { loader: { menus: [`${bootUuid}:/grub2`], debianShim: false } },
);
test(
  'what GRUB reads on UEFI: the menu of a /boot on FAT',
  sees,
  {
    ...efi,
    'boot/efi/EFI/debian/grub.cfg': `search.fs_uuid 1A2B-3C4D root hd0,gpt2 \nset prefix=($root)'/grub'\n`,
  },
  { loader: { menus: ['1a2b-3c4d:/grub'], debianShim: false } },
);
test('no GRUB', sees, { 'boot/grub/grub.cfg': undefined }, { grub: [] });
test(
  'GRUB in boot/grub2',
  sees,
  { 'boot/grub/grub.cfg': undefined, 'boot/grub2/grub.cfg': oldMenu },
  { grub: [{ folder: 'boot/grub2', readsCustom: true, startsOnce: true, environment: 'missing' }] },
);
test(
  'an environment block that is a link',
  sees,
  { 'boot/grub/grubenv': '-> ../efi/grubenv' },
  { grub: [{ folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'link' }] },
);
test(
  'an environment block that is none',
  sees,
  { 'boot/grub/grubenv': 'x'.repeat(1024) },
  { grub: [{ folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'invalid' }] },
);
test(
  'an environment block that is full',
  sees,
  { 'boot/grub/grubenv': `# GRUB Environment Block\nx=${'y'.repeat(470)}\n${'#'.repeat(1024 - 25 - 473)}` },
  { grub: [{ folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'full' }] },
);
test(
  'a boot sector that is not that of GRUB',
  sees,
  {},
  { loader: { menus: [], problem: '/dev/vda: its boot sector is not from GRUB 2', debianShim: false } },
);
test('what GRUB reads on UEFI', sees, efi, {
  firmware: 'efi',
  loader: { menus: [`${rootUuid}:/boot/grub`], debianShim: false },
});
test(
  'the shim of Debian',
  sees,
  { ...efi, 'boot/efi/EFI/debian/shimx64.efi': 'MZ Debian Secure Boot CA' },
  { loader: { menus: [`${rootUuid}:/boot/grub`], debianShim: true } },
);
test(
  'a GRUB that has its menu built in',
  sees,
  {
    ...efi,
    'boot/efi/EFI/debian/grub.cfg': undefined,
    'boot/efi/EFI/old/grubx64.efi': 'MZ\0(,gpt3)/boot/grub\0',
  },
  { loader: { menus: [':/boot/grub'], debianShim: false } },
);
test(
  'UEFI without its partition',
  sees,
  { ...efi, ...mountinfo('25 1 254:3 / / rw - ext4 /dev/vda3 rw') },
  {
    loader: {
      menus: [],
      problem: 'no EFI system partition is mounted (looked at /boot/efi, /efi, /boot/EFI)',
      debianShim: false,
    },
  },
);
test('a takeover that waits for its reboot', sees, { 'bos/system/takeover.json': '{}' }, { ours: 'pending' });
test(
  'one that was tried and is back',
  sees,
  { 'bos/system/takeover.json': '{}', 'bos/system/takeover-returned': 'why\nmore\n' },
  { ours: 'pending', returned: 'why' },
);
test('one that was cut short', sees, { 'bos/system/os/1/rootfs.squashfs': 'half' }, { ours: 'unfinished' });
test('a folder /bos of somebody', sees, { 'bos/photos/1.jpg': '' }, { ours: 'foreign' });
test(
  'another partition called BOS_STATE',
  sees,
  { 'dev/disk/by-label/BOS_STATE': '-> ../../vdb1', 'dev/vdb1': '' },
  { otherState: '/dev/vdb1' },
);
test(
  'an installed Bhojpur OS',
  sees,
  {
    'run/bos/boot.json': JSON.stringify({
      v: 1,
      mode: 'disk',
      medium: '',
      mediumRoot: '',
      state: '/dev/vda3',
      kernel: '6',
      os: '1',
      dcp: '',
      request: '',
    }),
  },
  { system: 'installed' },
);
test(
  'a takeover from memory that waits beside the old kernel, and why it came back',
  sees,
  {
    ...mountinfo('25 1 254:3 / / rw - ext4 /dev/vda3 rw\n41 25 254:2 / /boot rw - ext4 /dev/vda2 rw'),
    'boot/bos/system/takeover.json': '{}',
    'boot/bos/system/takeover-returned': 'why\n',
  },
  { ours: 'pending', oursAt: '/boot/bos', returned: 'why' },
);
