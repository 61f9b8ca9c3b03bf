/** What firmware starts: GRUB core images for BIOS, and Debian's signed shim and GRUB for UEFI. */
import { corePrefixes } from '../../boot/core-prefix.ts';
import { renderGrub } from '../../boot/menus/grub-template.ts';
import { renderSearchCore } from '../../boot/menus/partition-menu.ts';
import type { Host } from '../../host/ports.ts';
import { keepAboutPackages } from '../inventory/copyright.ts';
import type { LockedPackage, PackageLock } from '../packages/lock.ts';
import type { Stage } from '../stage.ts';

/** Modules of both BIOS core images. The disk's adds ext2 and fat, the ISO's iso9660. */
const commonModules = [
  ...[
    'biosdisk',
    'part_gpt',
    'part_msdos',
    'normal',
    'configfile',
    'linux',
    'loadenv',
    'test',
    'echo',
    'eval',
  ],
  ...[
    'search',
    'search_fs_uuid',
    'search_label',
    'search_fs_file',
    'serial',
    'terminal',
    'sleep',
    'reboot',
    'halt',
  ],
  ...[
    'keystatus',
    'ls',
    'cat',
    'true',
    'regexp',
    'minicmd',
    'all_video',
    'gzio',
    'loopback',
    'squash4',
    'xzio',
  ],
];

/** The packages whose files are taken from the lock. */
const wanted = [
  'grub-pc-bin',
  'grub-efi-amd64-signed',
  'shim-signed',
  'shim-helpers-amd64-signed',
  'busybox-static',
  'e2fsck-static',
];

/** The packages of the lock whose files are taken. */
export const bootPackages = (lock: PackageLock): LockedPackage[] =>
  lock.packages.filter(({ name }) => wanted.includes(name));

/** What an installation writes to a disk: the folder `boot` of the stage. */
export const bootFiles = [
  ...(['boot.img', 'core.img', 'search.img'] as const),
  ...(['shimx64.efi', 'grubx64.efi', 'gcdx64.efi', 'mmx64.efi'] as const),
] as const;

/** Which file of the packages becomes which of the stage. */
const taken: readonly (readonly [from: string, to: string])[] = [
  ['usr/lib/grub/i386-pc/boot.img', 'boot/boot.img'],
  ['usr/lib/grub/i386-pc/boot_hybrid.img', 'iso/boot_hybrid.img'],
  ['usr/lib/shim/shimx64.efi.signed', 'boot/shimx64.efi'],
  ['usr/lib/shim/mmx64.efi.signed', 'boot/mmx64.efi'],
  ['usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed', 'boot/grubx64.efi'],
  ['usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed', 'boot/gcdx64.efi'],
  ['bin/busybox', 'static/busybox'],
  ['sbin/e2fsck.static', 'static/e2fsck'],
];

const diskCore = ['--format', 'i386-pc', '--prefix', corePrefixes.disk, ...commonModules, 'ext2', 'fat'];
const searchCore = [
  ...['--format', 'i386-pc', '--prefix', corePrefixes.search, ...commonModules],
  ...['ext2', 'fat', 'lvm', 'mdraid1x', 'mdraid09', 'chain'],
];
const isoCore = [
  '--format',
  'i386-pc-eltorito',
  '--prefix',
  '/boot/grub',
  ...commonModules,
  'iso9660',
  'fat',
  // The menu looks for an installation.
  'ext2',
];

/**
 * Makes `boot/` (bootFiles), `iso/` (eltorito.img, boot_hybrid.img, efi.img), `static/` (busybox, e2fsck) and
 * `about/PACKAGE`.
 * @param fetched gives the folder of the locked packages
 */
export function bootStage(host: Host, lock: PackageLock, fetched: () => Promise<string>): Stage<never> {
  // The documentation of grub-pc-bin is a link to that of grub-common.
  const packages = [...bootPackages(lock), ...lock.packages.filter(({ name }) => name === 'grub-common')];
  const searchingCore = renderSearchCore();
  const isoEarly = renderGrub('iso-core');
  return {
    name: 'boot',
    title: 'Make the boot loaders',
    inputs: {
      packages,
      about: true,
      taken,
      diskCore,
      searchCore,
      searchingCore,
      isoCore,
      isoEarly,
      efiFiles,
      efiFormat,
      date: lock.date,
    },
    tools: ['grub-mkimage', 'mkfs.fat', 'mcopy'],
    needs: {},
    make: async ({ folder, percent }) => {
      const { files, processes } = host;
      const raw = `${folder}/raw`;
      const debs = await fetched();
      for (const entry of packages)
        await processes.run('dpkg-deb', ['--extract', `${debs}/${entry.file}`, raw]);
      await keepAboutPackages(host, folder, { debs, raw }, bootPackages(lock));
      percent(50);
      for (const name of ['boot', 'iso', 'static']) await files.makeDir(`${folder}/${name}`);
      for (const [from, to] of taken) await files.copy(`${raw}/${from}`, `${folder}/${to}`);

      const modules = ['--directory', `${raw}/usr/lib/grub/i386-pc`];
      await processes.run('grub-mkimage', [...modules, '--output', `${folder}/boot/core.img`, ...diskCore]);
      const early = `${folder}/early.cfg`;
      await files.write(early, searchingCore);
      await processes.run('grub-mkimage', [
        ...[...modules, '--output', `${folder}/boot/search.img`, '--config', early, ...searchCore],
      ]);
      await files.write(early, isoEarly);
      await processes.run('grub-mkimage', [
        ...[...modules, '--output', `${folder}/iso/eltorito.img`, '--config', early, ...isoCore],
      ]);
      await files.remove(early);
      await makeEfiImage(host, lock.date, raw, `${folder}/iso/efi.img`);
      await files.remove(raw);
    },
  };
}

/** gcdx64 is the signed GRUB that looks for /.disk/info and reads /boot/grub/grub.cfg there. */
const efiFiles: readonly (readonly [from: string, to: string])[] = [
  ['usr/lib/shim/shimx64.efi.signed', 'BOOTX64.EFI'],
  ['usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed', 'grubx64.efi'],
  ['usr/lib/shim/mmx64.efi.signed', 'mmx64.efi'],
];
/** `--invariant`: the serial number would be the time of day. */
const efiFormat = ['-C', '-n', 'BOS_EFI', '--invariant'];
const efiKilobytes = 8192;

/** The FAT image that UEFI starts from on a CD or a stick. */
async function makeEfiImage(host: Host, date: number, raw: string, image: string): Promise<void> {
  const { files, processes } = host;
  const env = { SOURCE_DATE_EPOCH: String(date), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' };
  const stamp = new Date(date * 1000).toISOString();
  const staging = `${image}.tree`;
  await files.makeDir(`${staging}/EFI/BOOT`);
  for (const [from, to] of efiFiles) await files.copy(`${raw}/${from}`, `${staging}/${to}`);
  await processes.run('find', [staging, '-exec', 'touch', '-d', stamp, '{}', '+']);
  await processes.run('mkfs.fat', [...efiFormat, image, String(efiKilobytes)], { env });
  // First the empty folders, then file by file: a folder would be copied in the order that its file system has.
  await processes.run('mcopy', ['-i', image, '-s', '-m', `${staging}/EFI`, '::/'], { env });
  for (const [, name] of efiFiles)
    await processes.run('mcopy', ['-i', image, '-m', `${staging}/${name}`, '::/EFI/BOOT/'], { env });
  await files.remove(staging);
}
