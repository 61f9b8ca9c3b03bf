/**
 * What firmware starts: GRUB core images for BIOS, and Debian's signed shim and GRUB for UEFI, as far as the
 * architecture has them; and the static programs of the initrd.
 */
import { type Architecture, architectures, type EfiLoaders } from '../../architectures.ts';
import { corePrefixes } from '../../boot/core-prefix.ts';
import { renderGrub } from '../../boot/menus/grub-template.ts';
import { renderSearchCore } from '../../boot/menus/partition-menu.ts';
import type { Host } from '../../host/ports.ts';
import { keepAboutPackages } from '../inventory/copyright.ts';
import type { LockedPackage, PackageLists, PackageLock } from '../packages/lock.ts';
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

/** The packages of the lock whose files are taken. */
export const bootPackages = (
  lock: Pick<PackageLock, 'packages'>,
  { boot }: Pick<PackageLists, 'boot'>,
): LockedPackage[] => lock.packages.filter(({ name }) => boot.includes(name));

const coreImages = ['boot.img', 'core.img', 'search.img'];

/** What an installation writes to a disk: the folder `boot` of the stage. */
export const bootFiles = ({ bios, efi }: Pick<Architecture, 'bios' | 'efi'>): readonly string[] => [
  ...(bios ? coreImages : []),
  ...(efi === undefined ? [] : [efi.shim, efi.grub, efi.mediaGrub, efi.mokManager]),
];

type Taken = readonly (readonly [from: string, to: string])[];

/** Which file of the packages becomes which of the stage. */
const takenFiles = ({ bios, efi }: Architecture): Taken => [
  ...(bios
    ? ([
        ['usr/lib/grub/i386-pc/boot.img', 'boot/boot.img'],
        ['usr/lib/grub/i386-pc/boot_hybrid.img', 'iso/boot_hybrid.img'],
      ] as const)
    : []),
  ...(efi === undefined
    ? []
    : ([
        [`usr/lib/shim/${efi.shim}.signed`, `boot/${efi.shim}`],
        [`usr/lib/shim/${efi.mokManager}.signed`, `boot/${efi.mokManager}`],
        [`usr/lib/grub/${efi.signedFolder}/${efi.grub}.signed`, `boot/${efi.grub}`],
        [`usr/lib/grub/${efi.signedFolder}/${efi.mediaGrub}.signed`, `boot/${efi.mediaGrub}`],
      ] as const)),
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

/** The core images of a BIOS, and what their texts say. */
const coreTexts = () => ({
  ...{ diskCore, searchCore, searchingCore: renderSearchCore() },
  ...{ isoCore, isoEarly: renderGrub('iso-core') },
});
type CoreTexts = ReturnType<typeof coreTexts>;

/**
 * Makes `boot/` (bootFiles), `iso/` (eltorito.img, boot_hybrid.img, efi.img), `static/` (busybox, e2fsck) and
 * `about/PACKAGE`, each as far as the architecture of the lock has it.
 * @param fetched gives the folder of the locked packages
 */
export function bootStage(
  host: Host,
  { lock, lists }: { readonly lock: PackageLock; readonly lists: PackageLists },
  fetched: () => Promise<string>,
): Stage<never> {
  const architecture = architectures[lock.arch];
  const own = bootPackages(lock, lists);
  // The documentation of grub-pc-bin is a link to that of grub-common.
  const packages = [...own, ...lock.packages.filter(({ name }) => name === 'grub-common')];
  const taken = takenFiles(architecture);
  const cores = architecture.bios ? coreTexts() : undefined;
  const image = architecture.efi === undefined ? undefined : efiFiles(architecture.efi);
  return {
    name: 'boot',
    title: 'Make the boot loaders',
    inputs: {
      packages,
      about: true,
      taken,
      ...cores,
      efiFiles: image,
      efiFormat,
      efiRoom,
      efiStep,
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
      await keepAboutPackages(host, folder, { debs, raw }, own);
      percent(50);
      for (const name of ['boot', 'iso', 'static']) await files.makeDir(`${folder}/${name}`);
      for (const [from, to] of taken) await files.copy(`${raw}/${from}`, `${folder}/${to}`);
      if (cores !== undefined) await makeCores(host, raw, folder, cores);
      if (image !== undefined) await makeEfiImage(host, lock.date, raw, `${folder}/iso/efi.img`, image);
      await files.remove(raw);
    },
  };
}

async function makeCores(host: Host, raw: string, folder: string, texts: CoreTexts): Promise<void> {
  const { files, processes } = host;
  const modules = ['--directory', `${raw}/usr/lib/grub/i386-pc`];
  await processes.run('grub-mkimage', [...modules, '--output', `${folder}/boot/core.img`, ...texts.diskCore]);
  const early = `${folder}/early.cfg`;
  await files.write(early, texts.searchingCore);
  await processes.run('grub-mkimage', [
    ...[...modules, '--output', `${folder}/boot/search.img`, '--config', early, ...texts.searchCore],
  ]);
  await files.write(early, texts.isoEarly);
  await processes.run('grub-mkimage', [
    ...[...modules, '--output', `${folder}/iso/eltorito.img`, '--config', early, ...texts.isoCore],
  ]);
  await files.remove(early);
}

/** The GRUB for media is the signed one that looks for /.disk/info and reads /boot/grub/grub.cfg there. */
const efiFiles = (efi: EfiLoaders): Taken => [
  [`usr/lib/shim/${efi.shim}.signed`, efi.fallback],
  [`usr/lib/grub/${efi.signedFolder}/${efi.mediaGrub}.signed`, efi.grub],
  [`usr/lib/shim/${efi.mokManager}.signed`, efi.mokManager],
];
/** `--invariant`: the serial number would be the time of day. */
const efiFormat = ['-C', '-n', 'BOS_EFI', '--invariant'];
/** Beside the loaders: for tables, folders, and what somebody puts beside them. */
const efiRoom = 256 * 1024;
const efiStep = 256 * 1024;

/** The size of an image with files of these sizes in it, in units of 1024 bytes as mkfs.fat takes it. */
export const efiKilobytes = (sizes: readonly number[]): number =>
  (Math.ceil((sizes.reduce((sum, size) => sum + size, 0) + efiRoom) / efiStep) * efiStep) / 1024;

/** The FAT image that UEFI starts from on a CD or a stick. */
async function makeEfiImage(
  host: Host,
  date: number,
  raw: string,
  image: string,
  loaders: Taken,
): Promise<void> {
  const { files, processes } = host;
  const env = { SOURCE_DATE_EPOCH: String(date), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' };
  const stamp = new Date(date * 1000).toISOString();
  const staging = `${image}.tree`;
  await files.makeDir(`${staging}/EFI/BOOT`);
  const sizes: number[] = [];
  for (const [from, to] of loaders) {
    await files.copy(`${raw}/${from}`, `${staging}/${to}`);
    sizes.push((await files.stat(`${staging}/${to}`))?.size ?? 0);
  }
  await processes.run('find', [staging, '-exec', 'touch', '-d', stamp, '{}', '+']);
  await processes.run('mkfs.fat', [...efiFormat, image, String(efiKilobytes(sizes))], { env });
  // First the empty folders, then file by file: a folder would be copied in the order that its file system has.
  await processes.run('mcopy', ['-i', image, '-s', '-m', `${staging}/EFI`, '::/'], { env });
  for (const [, name] of loaders)
    await processes.run('mcopy', ['-i', image, '-m', `${staging}/${name}`, '::/EFI/BOOT/'], { env });
  await files.remove(staging);
}
