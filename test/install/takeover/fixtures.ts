/** A Debian with one ext4 root, to be varied by each test: as facts, and as a folder that probing reads. */
import { join } from 'node:path';
import { environmentSize } from '../../../src/formats/boot-config/grubenv.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { BootPlace, GrubFacts, TakeoverFacts } from '../../../src/install/takeover/facts.ts';

export const rootUuid = '5a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';

export const oldFacts = (more: Partial<TakeoverFacts> = {}): TakeoverFacts => ({
  v: 1,
  arch: 'amd64',
  system: 'other',
  firmware: 'bios',
  secureBoot: false,
  consoles: ['ttyS0,115200'],
  root: {
    ...{ fsType: 'ext4', source: '/dev/vda3', readOnly: false, whole: true, uuid: rootUuid },
    device: { path: '/dev/vda3', kind: 'partition', disk: '/dev/vda' },
  },
  mounts: [],
  grub: [{ folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'ok' }],
  loader: { menus: [':/boot/grub'], debianShim: false },
  freeSpace: 5e9,
  ours: 'nothing',
  missing: [],
  ...more,
});

export const bootUuid = '0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f';

/** /boot on a partition of its own. */
export const bootPlace = (more: Partial<BootPlace> = {}): BootPlace => ({
  ...{ fsType: 'ext4', source: '/dev/vda2', readOnly: false, whole: true, uuid: bootUuid },
  device: { path: '/dev/vda2', kind: 'partition', disk: '/dev/vda' },
  ...{ mountPoint: '/boot', path: '/grub' },
  ...more,
});

/** The facts of a system that has it, and a GRUB that reads it. */
export const apartFacts = (
  place: Partial<BootPlace> = {},
  grub: Partial<GrubFacts> = {},
): Partial<TakeoverFacts> => {
  const found = bootPlace(place);
  return {
    mounts: [{ mountPoint: found.mountPoint, source: found.source }],
    grub: [
      { folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'ok', place: found, ...grub },
    ],
    loader: { menus: [`:${found.path}`], debianShim: false },
  };
};

export const oldMenu = `load_env
set default="\${next_entry}"
save_env next_entry
source \${config_directory}/custom.cfg
`;

/** The first bytes of an ext4 with a UUID, as a device. */
export function superBlock(uuid: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.writeUInt16LE(0xef53, 1024 + 0x38);
  bytes.writeUInt32LE(2, 1024 + 0x18);
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(bytes, 1024 + 0x68);
  return bytes;
}

const idOf = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** The same of XFS, and of btrfs. */
export function xfsBlock(uuid: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('XFSB', 0, 'latin1');
  idOf(uuid).copy(bytes, 32);
  return bytes;
}
export function btrfsBlock(uuid: string): Buffer {
  const bytes = Buffer.alloc(0x11000);
  idOf(uuid).copy(bytes, 0x10020);
  bytes.write('_BHRfS_M', 0x10040, 'latin1');
  return bytes;
}

/** What a running Debian looks like below `root`; undefined leaves a file out, `-> x` makes a link. */
export const oldFiles: Readonly<Record<string, string | Buffer | undefined>> = {
  'proc/self/mountinfo':
    '25 1 254:3 / / rw,relatime shared:1 - ext4 /dev/vda3 rw,errors=remount-ro\n' +
    '30 25 0:22 / /run rw - tmpfs tmpfs rw\n' +
    '40 25 254:2 / /boot/efi rw - vfat /dev/vda2 rw\n',
  'proc/cmdline': 'BOOT_IMAGE=/vmlinuz root=UUID=x ro console=tty0 console=ttyS0,115200\n',
  'proc/1/environ': 'HOME=/\0TERM=linux\0',
  'sys/dev/block/254:3': '-> ../../devices/virtio/block/vda/vda3',
  'sys/devices/virtio/block/vda/vda3/partition': '3\n',
  'dev/vda3': superBlock(rootUuid),
  'dev/vda': Buffer.alloc(4096),
  'boot/grub/grub.cfg': oldMenu,
  'boot/grub/grubenv': `# GRUB Environment Block\n${'#'.repeat(environmentSize - 25)}`,
  'boot/efi/EFI/debian/grub.cfg': `search.fs_uuid ${rootUuid} root hd0,gpt3 \nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n`,
};

/** Makes the files below `root`. */
export async function writeTree(root: string, tree: Readonly<Record<string, string | Buffer | undefined>>) {
  const { files } = linuxHost();
  for (const [path, content] of Object.entries(tree)) {
    if (content === undefined) continue;
    const full = join(root, path);
    await files.makeDir(join(full, '..'));
    if (typeof content === 'string' && content.startsWith('-> ')) await files.symlink(content.slice(3), full);
    else await files.write(full, content);
  }
}
