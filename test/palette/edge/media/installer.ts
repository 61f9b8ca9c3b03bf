/** ISOs laid out as CanvOS lays out edge installers: the same names of files and volume, GRUB for BIOS, a stand-in for UEFI. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../../../formats/support.ts';
import { copyOnce, efiImage, efiProgram, kernelImage, writeTree } from '../../../iso/media.ts';

const megabyte = 2 ** 20;

export interface InstallerOptions {
  readonly label?: string;
  /** MB of rootfs.squashfs, which holds bytes that nobody reads. */
  readonly megabytes?: number;
  /** More files, by path. */
  readonly more?: Readonly<Record<string, string>>;
}

export const menu = `set timeout=5
menuentry "Palette eXtended Kubernetes Edge Installer" --id install {
  linux ($root)/boot/kernel cdroot root=live:CDLABEL=COS_LIVE rd.live.dir=/ rd.live.squashimg=rootfs.squashfs console=tty1
  initrd ($root)/boot/initrd
}
`;

/** A copy called installer.iso in `folder`. */
export const makeInstaller = (folder: string, options: InstallerOptions = {}): string =>
  copyOnce(
    folder,
    'installer.iso',
    (place) => installerImage(place, options),
    `installer ${JSON.stringify(options)}`,
  );

export function installerImage(
  folder: string,
  { label = 'COS_LIVE', megabytes = 1, more = {} }: InstallerOptions,
): string {
  const tree = writeTree(join(folder, 'tree'), {
    'boot/kernel': kernelImage('6.8.0-60-generic (edge)'),
    'boot/initrd': Buffer.alloc(50_001, 'initrd'),
    'boot/grub2/grub.cfg': menu,
    ...more,
  });
  const file = openSync(join(tree, 'rootfs.squashfs'), 'w');
  const block = randomBytes(megabyte);
  for (let done = 0; done < megabytes; done += 1) writeSync(file, block);
  closeSync(file);
  const core = join(tree, 'boot/eltorito.img');
  tool('grub-mkimage', '-O', 'i386-pc-eltorito', '-p', '/boot/grub2', '-o', core, 'biosdisk', 'iso9660');
  const efi = efiImage(folder, {
    'BOOTX64.EFI': efiProgram(true, 'shim'),
    'grubx64.efi': efiProgram(true, 'grub'),
  });
  const iso = join(folder, 'installer.iso');
  tool(
    ...(['xorriso', '-as', 'mkisofs', '-quiet', '-r', '-J', '-V', label, '-iso-level', '3'] as const),
    ...(['--grub2-mbr', '/usr/lib/grub/i386-pc/boot_hybrid.img', '--mbr-force-bootable'] as const),
    ...(['-b', 'boot/eltorito.img', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'] as const),
    ...(['--grub2-boot-info', '-append_partition', '2', '0xef', efi, '-appended_part_as_gpt'] as const),
    ...(['-eltorito-alt-boot', '-e', '--interval:appended_partition_2:all::', '-no-emul-boot'] as const),
    ...(['-o', iso, tree] as const),
  );
  tool('rm', '-r', tree);
  return iso;
}
