/**
 * A Debian made to be taken over: installed as its own tools do it, with GRUB for a BIOS and the signed loaders for
 * UEFI on one disk, about a gigabyte of files, and names that a careless script trips over.
 */
import { join } from 'node:path';
import { makeBootSector, placeCoreImage } from '../../../../src/boot/boot-sector.ts';
import { espLabel, layoutTable, wholeDiskLayout } from '../../../../src/disk/layout/layout.ts';
import { encodeGpt } from '../../../../src/formats/partition-tables/gpt.ts';
import type { SystemContext } from '../machines.ts';
import { mmdebstrap } from '../mmdebstrap.ts';

export const oldRootUuid = '5a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
const diskSize = 3.5e9 - (3.5e9 % 2 ** 20);
export const grubModules = '/usr/lib/grub/i386-pc';

export const basePackages = [
  ...['systemd-sysv', 'udev', 'linux-image-cloud-amd64', 'initramfs-tools', 'busybox'],
  ...[
    'iproute2',
    'grub-pc-bin',
    'grub-common',
    'grub2-common',
    'e2fsprogs',
    'libstdc++6',
    'libatomic1',
    'ca-certificates',
    'wget',
  ],
];

/** Just what finds the disk and mounts it: the initrd is packed and loaded in seconds. */
const initrdModules = ['virtio_pci', 'virtio_blk', 'ext4', 'crc32c_generic'];

export const grubDefaults = `GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=ttyS0,115200"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
`;

/** What grub-probe says on the machine; there is no such device where the disk is made. */
const probe = `#!/bin/sh
case "$*" in
  *target=fs_uuid*) echo ${oldRootUuid} ;;
  *target=partmap*) echo gpt ;;
  *target=hints_string*) echo "--hint-bios=hd0,gpt3 --hint-efi=hd0,gpt3" ;;
  *target=compatibility_hint*) echo hd0,gpt3 ;;
  *target=device*) echo /dev/vda3 ;;
  *target=fs*) echo ext2 ;;
  *target=drive*) echo '(hd0,gpt3)' ;;
esac
`;

/** What the making needs of a test or a benchmark. */
export type Workshop = Pick<SystemContext, 'host' | 'artifacts' | 'folder' | 'emptyDisk'>;

/** Makes the disk; returns its path. Needs root, as mmdebstrap's folder has many owners. */
export async function makeOldDebian(t: Workshop): Promise<string> {
  const { processes } = t.host;
  const tree = join(t.folder, 'debian');
  const modules = initrdModules.map((name) => `${name}\\n`).join('');
  await mmdebstrap(t.host, [
    ...['--variant=minbase', '--format=directory', '--aptopt=APT::Install-Recommends "false"'],
    ...['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${basePackages.join(',')}`,
    `--essential-hook=mkdir -p "$1/etc/initramfs-tools/conf.d"; echo MODULES=list > "$1/etc/initramfs-tools/conf.d/list"; printf '${modules}' > "$1/etc/initramfs-tools/modules"`,
    ...['bookworm', tree],
  ]);
  await configure(t, tree);
  await fill(t, tree);
  const disk = await t.emptyDisk('debian.img', diskSize);
  await format(t, tree, disk);
  const made = ['debian', 'os', 'rootfs'].map((name) => join(t.folder, name));
  await processes.run('rm', ['-rf', '--one-file-system', '--', ...made]);
  return disk;
}

async function configure(t: Workshop, tree: string): Promise<void> {
  const { files, processes } = t.host;
  const put = (path: string, text: string, mode = 0o644) => files.write(join(tree, path), text, { mode });
  await put('etc/hostname', 'olddebian\n');
  await put(
    'etc/fstab',
    `UUID=${oldRootUuid} / ext4 errors=remount-ro 0 1\nLABEL=OLDESP /boot/efi vfat umask=0077,nofail 0 1\n`,
  );
  await files.makeDir(join(tree, 'etc/systemd/network'));
  await put('etc/systemd/network/all.network', '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n');
  await processes.run('chroot', [tree, 'systemctl', 'enable', 'systemd-networkd']);
  const shadow = await files.readText(join(tree, 'etc/shadow'));
  await put('etc/shadow', shadow.replace(/^root:[^:]*:/m, 'root::'), 0o640);
  await files.makeDir(join(tree, 'boot/efi'));
  // GRUB as grub-install and update-grub leave it.
  await files.makeDir(join(tree, 'boot/grub'));
  await processes.run('cp', ['-r', grubModules, join(tree, 'boot/grub/i386-pc')]);
  await put('etc/default/grub', grubDefaults);
  await processes.run('chroot', [tree, 'dpkg-divert', '--rename', '/usr/sbin/grub-probe']);
  await put('usr/sbin/grub-probe', probe, 0o755);
  await processes.run('chroot', [tree, 'grub-editenv', '/boot/grub/grubenv', 'create']);
  await processes.run('chroot', [tree, 'grub-mkconfig', '-o', '/boot/grub/grub.cfg']);
  await processes.run('cp', [join(t.artifacts, 'opsctl-linux-amd64'), join(tree, 'usr/local/bin/opsctl')]);
  await files.chmod(join(tree, 'usr/local/bin/opsctl'), 0o755);
}

/** Up to a gigabyte, in names with spaces, dots, dashes, line ends and bytes that are no UTF-8. */
async function fill(t: Workshop, tree: string): Promise<void> {
  const { files, processes } = t.host;
  for (const [folder, file] of [
    ['x boot', 'in it'],
    ['.hidden', '.file'],
    ['-rf', '--'],
    ['two\nlines', '*'],
    ['home/somebody/My Documents', 'letter 1.txt'],
  ] as const) {
    await files.makeDir(join(tree, folder));
    await files.write(join(tree, folder, file), 'old');
  }
  await files.symlink('/boot', join(tree, 'link to boot'));
  await processes.run('sh', ['-c', 'printf old > "$1/$(printf \'caf\\351\')"', 'sh', tree]);
  const { stdout } = await processes.run('du', ['-sm', tree]);
  const missing = 1000 - Number.parseInt(stdout, 10);
  for (let done = 0, copy = 1; done < missing; copy += 1) {
    const from = ['usr/lib', 'usr/share'][copy % 2] ?? 'usr';
    await processes.run('cp', ['-a', join(tree, from), join(tree, `srv/copy ${copy} of it`)]);
    done += Number.parseInt((await processes.run('du', ['-sm', join(tree, from)])).stdout, 10);
  }
}

/** Debian's signed loaders, out of the artifacts under test; returns their folder. */
async function signedLoaders(t: Workshop): Promise<string> {
  const { processes } = t.host;
  const systems = join(t.folder, 'os');
  const iso = join(t.artifacts, 'bos-amd64.iso');
  await processes.run('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', '/bos/system/os', systems]);
  const found = await processes.run('find', [systems, '-name', 'rootfs.squashfs']);
  const to = join(t.folder, 'rootfs');
  const folder = 'usr/lib/bhojpur/boot';
  await processes.run('unsquashfs', ['-no-progress', '-no-xattrs', '-dest', to, found.stdout.trim(), folder]);
  return join(to, folder);
}

async function format(t: Workshop, tree: string, disk: string): Promise<void> {
  const { files, processes } = t.host;
  const layout = wholeDiskLayout(diskSize, 512);
  const [core, esp, root] = layout.partitions;
  const uuid = () => t.host.random.uuid().toLowerCase();
  const table = layoutTable(layout, { disk: uuid(), biosGrub: uuid(), esp: uuid(), state: uuid() });
  const { primary, backup } = encodeGpt({
    ...table,
    partitions: table.partitions.map((one) => ({
      ...one,
      name: one.name === espLabel ? 'ESP' : one.name.toLowerCase(),
    })),
  });
  const image = join(t.folder, 'core.img');
  await processes.run('grub-mkimage', [
    ...[
      '--format=i386-pc',
      `--output=${image}`,
      '--prefix=(,gpt3)/boot/grub',
      'biosdisk',
      'part_gpt',
      'ext2',
    ],
  ]);
  const lba = core.start / 512;
  const file = await files.open(disk, 'r+');
  try {
    await file.write(backup.offset, backup.bytes);
    await file.write(0, primary.bytes);
    const boot = await files.read(`${grubModules}/boot.img`);
    await file.write(0, makeBootSector(boot, primary.bytes.subarray(0, 512), lba));
    await file.write(core.start, placeCoreImage(await files.read(image), lba, core.size));
  } finally {
    await file.close();
  }
  const features = '^metadata_csum_seed,^orphan_file';
  await processes.run('mkfs.ext4', [
    ...['-q', '-F', '-b', '4096', '-O', features, '-U', oldRootUuid, '-L', 'old root', '-d', tree],
    ...['-E', `offset=${root.start}`, disk, `${root.size / 1024}k`],
  ]);
  const fat = `${disk}@@${esp.start}`;
  const mtools = { env: { MTOOLS_SKIP_CHECK: '1' } };
  await processes.run('mkfs.fat', [
    ...['-F', '32', '-n', 'OLDESP', `--offset=${esp.start / 512}`, disk, `${esp.size / 1024}`],
  ]);
  await processes.run('mmd', ['-i', fat, '::/EFI', '::/EFI/BOOT', '::/EFI/debian'], mtools);
  const stub = join(t.folder, 'stub.cfg');
  await files.write(
    stub,
    `search.fs_uuid ${oldRootUuid} root hd0,gpt3 \nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n`,
  );
  const loaders = await signedLoaders(t);
  for (const [from, to] of [
    [join(loaders, 'shimx64.efi'), 'EFI/BOOT/BOOTX64.EFI'],
    [join(loaders, 'grubx64.efi'), 'EFI/BOOT/grubx64.efi'],
    [join(loaders, 'mmx64.efi'), 'EFI/BOOT/mmx64.efi'],
    [stub, 'EFI/debian/grub.cfg'],
  ] as const)
    await processes.run('mcopy', ['-i', fat, from, `::/${to}`], mtools);
}
