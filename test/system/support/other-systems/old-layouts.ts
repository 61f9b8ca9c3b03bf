/**
 * Debians whose disks are laid out as other distributions and clouds do it: GRUB's files on a partition of their own, the
 * root on LVM, XFS or btrfs, the folder grub2 with the menu of Fedora and its kin.
 */
import { join } from 'node:path';
import { makeBootSector, placeCoreImage } from '../../../../src/boot/boot-sector.ts';
import { encodeGpt } from '../../../../src/formats/partition-tables/gpt.ts';
import { partitionTypes } from '../../../../src/formats/partition-tables/gpt-types.ts';
import { attachLoop } from '../../../disk/loop-device.ts';
import type { SystemContext } from '../machines.ts';
import { mmdebstrap } from '../mmdebstrap.ts';
import { fedoraMenu } from './fedora-menu.ts';
import { basePackages, grubDefaults, grubModules } from './old-debian.ts';

export const bootUuid = '0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f';
export const rootUuid = '6a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
const fatId = '1A2B-3C4D';
const MiB = 2 ** 20;

export interface OldLayout {
  readonly boot: 'ext4' | 'xfs' | 'vfat';
  readonly root: 'ext4' | 'xfs' | 'btrfs';
  readonly lvm?: true;
  /** fedora: the folder grub2, whose menu reads entries of the boot loader specification. */
  readonly menu: 'debian' | 'fedora';
}

/** A partition begins on a MiB. */
const partitions = { core: [1, 1], boot: [2, 450], root: [452, 2400] } as const;
const diskSize = 2860 * MiB;

const modules = ['virtio_pci', 'virtio_blk', 'ext4', 'crc32c_generic', 'xfs', 'btrfs', 'dm_mod'];
const packages = [...basePackages, 'lvm2', 'xfsprogs', 'btrfs-progs', 'fdisk', 'openssh-server'];

/** Makes the tree that all of them share, in the folder of the fixture. Needs root. */
export async function makeTree(t: SystemContext): Promise<void> {
  const { processes, files } = t.host;
  const tree = join(t.folder, 'tree');
  const listed = modules.map((name) => `${name}\\n`).join('');
  await mmdebstrap(t.host, [
    ...['--variant=minbase', '--format=directory', '--aptopt=APT::Install-Recommends "false"'],
    ...['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${packages.join(',')}`,
    `--essential-hook=mkdir -p "$1/etc/initramfs-tools/conf.d"; echo MODULES=list > "$1/etc/initramfs-tools/conf.d/list"; printf '${listed}' > "$1/etc/initramfs-tools/modules"`,
    ...['bookworm', tree],
  ]);
  const put = (path: string, text: string, mode = 0o644) => files.write(join(tree, path), text, { mode });
  await put('etc/hostname', 'oldsystem\n');
  await files.makeDir(join(tree, 'etc/systemd/network'));
  await put('etc/systemd/network/all.network', '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n');
  await processes.run('chroot', [tree, 'systemctl', 'enable', 'systemd-networkd']);
  const shadow = await files.readText(join(tree, 'etc/shadow'));
  await put('etc/shadow', shadow.replace(/^root:[^:]*:/m, 'root::'), 0o640);
  await processes.run('chroot', [tree, 'dpkg-divert', '--rename', '/usr/sbin/grub-probe']);
  await put('etc/default/grub', grubDefaults);
}

/** Makes the disk out of the tree in `from`; returns its path. */
export async function makeOldSystem(t: SystemContext, from: string, layout: OldLayout): Promise<string> {
  const { files, processes } = t.host;
  const tree = join(t.folder, 'tree');
  await processes.run('cp', ['-a', join(from, 'tree'), tree]);
  await processes.run('cp', [join(t.artifacts, 'opsctl-linux-amd64'), join(tree, 'usr/local/bin/opsctl')]);
  await files.chmod(join(tree, 'usr/local/bin/opsctl'), 0o755);
  await writeMenus(t, tree, layout);
  const boot = join(t.folder, 'boot');
  await processes.run('mv', [join(tree, 'boot'), boot]);
  await files.makeDir(join(tree, 'boot'));
  const disk = await t.emptyDisk('old.img', diskSize);
  await writeTable(t, disk, layout);
  await place(t, disk, partitions.boot, { type: layout.boot, tree: boot, id: bootId(layout), label: 'BOOT' });
  await place(t, disk, partitions.root, { type: layout.root, tree, id: rootUuid, lvm: layout.lvm === true });
  await processes.run('rm', ['-rf', '--one-file-system', '--', tree, boot]);
  return disk;
}

const bootId = ({ boot }: OldLayout) => (boot === 'vfat' ? fatId : bootUuid);
const folderOf = ({ menu }: OldLayout) => (menu === 'fedora' ? 'grub2' : 'grub');
const rootDevice = ({ lvm }: OldLayout) => (lvm ? '/dev/mapper/old-root' : `UUID=${rootUuid}`);

/** What grub-probe says on the machine, of / and of /boot; there are no such devices where the disk is made. */
const probe = (layout: OldLayout) => `#!/bin/sh
case "$*" in
  *target=device*/boot*) echo /dev/vda2 ;;
  *target=device*) echo ${layout.lvm ? '/dev/mapper/old-root' : '/dev/vda3'} ;;
  *vda2*target=fs_uuid* | *target=fs_uuid*vda2*) echo ${bootId(layout)} ;;
  *target=fs_uuid*) echo ${rootUuid} ;;
  *target=partmap*) echo gpt ;;
  *target=hints_string*) echo "--hint-bios=hd0,gpt2" ;;
  *target=compatibility_hint*) echo hd0,gpt2 ;;
  *target=fs*) echo ${{ ext4: 'ext2', xfs: 'xfs', vfat: 'fat' }[layout.boot]} ;;
  *target=drive*) echo '(hd0,gpt2)' ;;
esac
`;

async function writeMenus(t: SystemContext, tree: string, layout: OldLayout): Promise<void> {
  const { files, processes } = t.host;
  const folder = `boot/${folderOf(layout)}`;
  const put = (path: string, text: string, mode = 0o644) => files.write(join(tree, path), text, { mode });
  await put('usr/sbin/grub-probe', probe(layout), 0o755);
  await put(
    'etc/fstab',
    `${rootDevice(layout)} / ${layout.root} defaults 0 1\nUUID=${bootId(layout)} /boot ${layout.boot} defaults 0 2\n`,
  );
  await processes.run('rm', ['-rf', join(tree, 'boot/grub')]);
  await files.makeDir(join(tree, folder));
  await processes.run('cp', ['-r', grubModules, join(tree, folder, 'i386-pc')]);
  await processes.run('chroot', [tree, 'grub-editenv', `/${folder}/grubenv`, 'create']);
  const version = (await files.list(join(tree, 'boot')))
    .find((name) => name.startsWith('vmlinuz-'))
    ?.slice('vmlinuz-'.length);
  if (version === undefined) throw new Error('the tree has no kernel');
  const options = `root=${rootDevice(layout)} ro console=ttyS0,115200`;
  if (layout.menu === 'fedora') {
    await files.makeDir(join(tree, 'boot/loader/entries'));
    const menu = fedoraMenu({ bootUuid: bootId(layout), fsType: layout.boot, version, options });
    await put(`boot/loader/entries/${version}.conf`, menu.entry);
    return put(`${folder}/grub.cfg`, menu.menu);
  }
  await processes.run('chroot', [tree, 'grub-mkconfig', '-o', `/${folder}/grub.cfg`]);
  const made = await files.readText(join(tree, folder, 'grub.cfg'));
  // Where it is made /boot is a folder of the root.
  await put(`${folder}/grub.cfg`, made.replaceAll(/\/boot\/(vmlinuz|initrd|grub)/g, '/$1'));
}

async function writeTable(t: SystemContext, disk: string, layout: OldLayout): Promise<void> {
  const { files, processes, random } = t.host;
  const types = [partitionTypes.biosGrub, partitionTypes.linuxData, partitionTypes.linuxData];
  const { primary, backup } = encodeGpt({
    ...{ diskSectors: diskSize / 512, sectorSize: 512, diskGuid: random.uuid().toLowerCase() },
    partitions: Object.entries(partitions).map(([name, [start, size]], index) => ({
      ...{ number: index + 1, name, attributes: 0n, guid: random.uuid().toLowerCase() },
      type: types[index] ?? partitionTypes.linuxData,
      firstLba: start * 2048,
      lastLba: (start + size) * 2048 - 1,
    })),
  });
  const core = join(t.folder, 'core.img');
  const fs = { ext4: 'ext2', xfs: 'xfs', vfat: 'fat' }[layout.boot];
  const prefix = `--prefix=(,gpt2)/${folderOf(layout)}`;
  await processes.run('grub-mkimage', [
    ...['--format=i386-pc', `--output=${core}`, prefix, 'biosdisk', 'part_gpt', fs],
  ]);
  const [start, size] = partitions.core;
  const lba = start * 2048;
  const file = await files.open(disk, 'r+');
  try {
    await file.write(backup.offset, backup.bytes);
    await file.write(0, primary.bytes);
    const boot = await files.read(`${grubModules}/boot.img`);
    await file.write(0, makeBootSector(boot, primary.bytes.subarray(0, 512), lba));
    await file.write(start * MiB, placeCoreImage(await files.read(core), lba, size * MiB));
  } finally {
    await file.close();
  }
}

interface Content {
  readonly type: OldLayout['boot'] | OldLayout['root'];
  readonly tree: string;
  readonly id: string;
  readonly label?: string;
  readonly lvm?: boolean;
}

/** Puts a file system with the tree into the partition; on LVM, into the volume that fills it. */
async function place(
  t: SystemContext,
  disk: string,
  [start, size]: readonly [number, number],
  { type, tree, id, label = 'old', lvm = false }: Content,
): Promise<void> {
  const { files, processes } = t.host;
  const image = await t.emptyDisk('part.img', (lvm ? size - 8 : size) * MiB);
  const sh = (script: string) => processes.run('sh', ['-euc', script, 'sh', image, tree, id, label]);
  if (type === 'ext4')
    await sh('mkfs.ext4 -q -F -O ^metadata_csum_seed,^orphan_file -U "$3" -L "$4" -d "$2" "$1"');
  else if (type === 'btrfs') await sh('mkfs.btrfs -q -U "$3" -L "$4" --rootdir "$2" "$1"');
  else if (type === 'vfat')
    await sh('mkfs.fat -F 32 -i "$(echo "$3" | tr -d -)" -n "$4" "$1"; mcopy -s -i "$1" "$2"/* ::/');
  else
    await sh(
      'mkfs.xfs -q -m uuid="$3" -L "$4" "$1"; mkdir "$1.at"; mount -o loop "$1" "$1.at"; cp -a "$2/." "$1.at/"; umount "$1.at"; rmdir "$1.at"',
    );
  if (lvm) await writeVolumeGroup(t, disk, start, size);
  // The data of the only volume begin behind the metadata.
  const offset = lvm ? start + 1 : start;
  await processes.run('dd', [
    ...[`if=${image}`, `of=${disk}`, 'bs=1M', `seek=${offset}`, 'conv=sparse,notrunc', 'status=none'],
  ]);
  await files.remove(image);
}

/** The group `old` with the volume `root`, by LVM's own tools and without the device mapper. */
async function writeVolumeGroup(t: SystemContext, disk: string, start: number, size: number): Promise<void> {
  const { device, detach } = attachLoop(disk, [`--offset=${start * MiB}`, `--sizelimit=${size * MiB}`]);
  const script =
    'quiet="--driverloaded n --devices $1 --config activation{udev_sync=0udev_rules=0verify_udev_operations=0}"; ' +
    'pvcreate -q $quiet --dataalignment 1m "$1"; vgcreate -q $quiet old "$1"; ' +
    'lvcreate -q -an -Zn -Wn -y $quiet -l 100%FREE -n root old';
  try {
    await t.host.processes.run('sh', ['-euc', script, 'sh', device]);
  } finally {
    detach();
  }
}
