/** What firmware starts: GRUB core images for BIOS, and Debian's signed shim and GRUB for UEFI. */
import type { Host } from '../host/ports.ts';
import { type AptOptions, debFolder, type PackageLock } from './packages.ts';
import type { Stage } from './stage.ts';

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

/**
 * Makes `boot/` (boot.img, core.img, shimx64.efi, grubx64.efi, mmx64.efi: what an installation writes to a disk),
 * `iso/` (eltorito.img, boot_hybrid.img, efi.img) and `static/` (busybox, e2fsck).
 */
export function bootStage(host: Host, lock: PackageLock, apt: AptOptions): Stage {
  const packages = lock.packages.filter((entry) => wanted.includes(entry.name));
  return {
    name: 'boot',
    title: 'Make the boot loaders',
    inputs: { packages, commonModules, date: lock.date },
    make: async ({ folder }) => {
      const { files, processes } = host;
      const raw = `${folder}/raw`;
      for (const entry of packages) {
        await processes.run('dpkg-deb', ['--extract', `${debFolder(apt)}/${entry.file}`, raw]);
      }
      for (const name of ['boot', 'iso', 'static']) await files.makeDir(`${folder}/${name}`);
      const pc = `${raw}/usr/lib/grub/i386-pc`;
      const take = async (from: string, to: string) => files.copy(`${raw}/${from}`, `${folder}/${to}`);
      await take('usr/lib/grub/i386-pc/boot.img', 'boot/boot.img');
      await take('usr/lib/grub/i386-pc/boot_hybrid.img', 'iso/boot_hybrid.img');
      await take('usr/lib/shim/shimx64.efi.signed', 'boot/shimx64.efi');
      await take('usr/lib/shim/mmx64.efi.signed', 'boot/mmx64.efi');
      await take('usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed', 'boot/grubx64.efi');
      await take(
        (await files.exists(`${raw}/bin/busybox`)) ? 'bin/busybox' : 'usr/bin/busybox',
        'static/busybox',
      );
      await take('sbin/e2fsck.static', 'static/e2fsck');

      // The prefix without a drive means: on the drive that core.img was read from, its second GPT partition.
      await processes.run('grub-mkimage', [
        ...['--directory', pc, '--format', 'i386-pc', '--output', `${folder}/boot/core.img`],
        ...['--prefix', '(,gpt2)/EFI/debian', ...commonModules, 'ext2', 'fat'],
      ]);
      const early = `${folder}/early.cfg`;
      await files.write(
        early,
        'search --no-floppy --set=root --hint=$root --file /.disk/bos\nset prefix=($root)/boot/grub\n',
      );
      await processes.run('grub-mkimage', [
        ...['--directory', pc, '--format', 'i386-pc-eltorito', '--output', `${folder}/iso/eltorito.img`],
        ...['--prefix', '/boot/grub', '--config', early, ...commonModules, 'iso9660', 'fat'],
      ]);
      await files.remove(early);

      await makeEfiImage(host, lock, raw, `${folder}/iso/efi.img`);
      await files.remove(raw);
    },
  };
}

/** An 8 MB FAT image with shim and the GRUB that looks for /.disk/info and reads /boot/grub/grub.cfg there. */
async function makeEfiImage(host: Host, lock: PackageLock, raw: string, image: string): Promise<void> {
  const { files, processes } = host;
  const env = { SOURCE_DATE_EPOCH: String(lock.date), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' };
  const staging = `${image}.tree`;
  const efi = `${staging}/EFI/BOOT`;
  await files.makeDir(efi);
  await files.copy(`${raw}/usr/lib/shim/shimx64.efi.signed`, `${efi}/BOOTX64.EFI`);
  await files.copy(`${raw}/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed`, `${efi}/grubx64.efi`);
  await files.copy(`${raw}/usr/lib/shim/mmx64.efi.signed`, `${efi}/mmx64.efi`);
  const stamp = new Date(lock.date * 1000).toISOString();
  await processes.run('find', [staging, '-exec', 'touch', '-d', stamp, '{}', '+']);
  // The FAT serial would be the time of day.
  await processes.run(
    'mkfs.fat',
    ['-C', '-n', 'BOS_EFI', '--invariant', image, '8192'],
    { env },
  );
  await processes.run('mcopy', ['-i', image, '-s', '-m', `${staging}/EFI`, '::/'], { env });
  await files.remove(staging);
}
