/** Small ISOs as different makers build them: ours, Debian's installer, casper, memtest, ISOLINUX alone. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderMediumMenu } from '../../src/boot/menus/menu.ts';
import { sha256Of } from '../../src/host/digest.ts';
import { manifestPath, renderManifest } from '../../src/media/manifest.ts';
import { keptFolder, tool } from '../formats/support.ts';

type Contents = Readonly<Record<string, string | Uint8Array>>;

/** Writes files below `folder` and gives it. */
export function writeTree(folder: string, contents: Contents): string {
  for (const [path, data] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), data);
  }
  return folder;
}

const kept = new Map<string, string>();

/** A copy called `name` in `folder` of what `make` makes; that is made once for all tests of a process. */
export function copyOnce(folder: string, name: string, make: (folder: string) => string, key = name): string {
  const original = kept.get(key) ?? make(keptFolder());
  kept.set(key, original);
  const iso = join(folder, name);
  copyFileSync(original, iso);
  return iso;
}

/** A PE program with nothing to run: a certificate table when `signed`, and a .sbat section. */
export function efiProgram(signed: boolean, sbat: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('PE\0\0', 0x80, 'latin1');
  bytes.writeUInt16LE(0x8664, 0x84);
  bytes.writeUInt16LE(1, 0x86);
  bytes.writeUInt16LE(240, 0x94);
  bytes.writeUInt16LE(0x20b, 0x98);
  if (signed) {
    bytes.writeUInt32LE(3072, 0x98 + 112 + 32);
    bytes.writeUInt32LE(1024, 0x98 + 112 + 36);
  }
  const section = 0x98 + 240;
  bytes.write('.sbat', section, 'latin1');
  bytes.writeUInt32LE(1024, section + 16);
  bytes.writeUInt32LE(1024, section + 20);
  bytes.write(`sbat,1,SBAT Version,sbat,1,https://example.com\n${sbat},3,name\n`, 1024, 'latin1');
  return bytes;
}

/** The head of a bzImage with a version. */
export function kernelImage(version: string): Buffer {
  const bytes = Buffer.alloc(20_000, 0xcc);
  bytes.write('HdrS', 0x202, 'latin1');
  bytes.writeUInt16LE(0x3000, 0x20e);
  bytes.write(`${version}\0`, 0x3200, 'latin1');
  return bytes;
}

/** A FAT image with these programs in EFI/BOOT. */
export function efiImage(folder: string, programs: Contents): string {
  const image = join(folder, 'efi.img');
  const tree = writeTree(join(folder, 'efi'), programs);
  tool('mkfs.fat', '-C', image, '1440');
  tool('mmd', '-i', image, '::/EFI', '::/EFI/BOOT');
  for (const name of Object.keys(programs)) tool('mcopy', '-i', image, join(tree, name), '::/EFI/BOOT/');
  return image;
}

/** Gives a new folder of that name. */
export const newFoldersIn =
  (folder: string) =>
  (name: string): string => {
    const place = join(folder, name);
    mkdirSync(place);
    return place;
  };

export const kernel = '6.1.0-40-amd64';
const system: Contents = {
  [`bos/system/kernel/${kernel}/vmlinuz`]: kernelImage(`${kernel} (test) #1`),
  [`bos/system/kernel/${kernel}/initrd`]: Buffer.alloc(30_001, 'initrd'),
  [`bos/system/kernel/${kernel}/kernel.squashfs`]: Buffer.alloc(200_000, 'modules'),
  'bos/system/os/0.1.0/rootfs.squashfs': Buffer.alloc(300_123, 'system'),
};
const signed: Contents = {
  'BOOTX64.EFI': efiProgram(true, 'shim'),
  'grubx64.efi': efiProgram(true, 'grub'),
};

/** An ISO built like ours, with GRUB for BIOS and stand-ins for what UEFI starts. `more` adds and replaces files. */
export const makeOurs = (folder: string, more?: Contents, programs?: Contents): string =>
  more === undefined ? copyOnce(folder, 'ours.iso', oursImage) : oursImage(folder, more, programs);

function oursImage(folder: string, more: Contents = {}, programs = signed): string {
  const manifest = renderManifest({
    ...{ v: 1, arch: 'amd64', kernel, os: '0.1.0', dcp: null },
    files: Object.entries(system).map(([path, bytes]) => ({
      ...{ path, size: bytes.length, sha256: sha256Of(bytes) },
    })),
  });
  const core = join(folder, 'eltorito.img');
  tool('grub-mkimage', '-O', 'i386-pc-eltorito', '-p', '/boot/grub', '-o', core, 'biosdisk', 'iso9660');
  const tree = writeTree(join(folder, 'tree'), {
    '.disk/info': 'Bhojpur OS',
    '.disk/bos': '0.1.0',
    'boot/grub/grub.cfg': renderMediumMenu({
      version: '0.1.0',
      kernel,
      arguments: ['console=ttyS0', 'quiet'],
    }),
    [manifestPath]: manifest,
    ...system,
    ...more,
  });
  tool('cp', core, join(tree, 'boot/grub/eltorito.img'));
  const iso = join(folder, 'ours.iso');
  tool(
    ...(['xorriso', '-as', 'mkisofs', '-quiet', '-r', '-V', 'BOS', '-iso-level', '3'] as const),
    ...(['--grub2-mbr', '/usr/lib/grub/i386-pc/boot_hybrid.img', '-partition_offset', '16'] as const),
    ...(['--mbr-force-bootable', '-b', 'boot/grub/eltorito.img', '-no-emul-boot'] as const),
    ...(['-boot-load-size', '4', '-boot-info-table', '--grub2-boot-info'] as const),
    ...(['-append_partition', '2', '0xef', efiImage(folder, programs), '-appended_part_as_gpt'] as const),
    ...(['-eltorito-alt-boot', '-e', '--interval:appended_partition_2:all::', '-no-emul-boot'] as const),
    ...(['-o', iso, tree] as const),
  );
  return iso;
}

const isolinux = [
  ...['-b', 'isolinux/isolinux.bin', '-c', 'isolinux/boot.cat', '-no-emul-boot'],
  ...['-boot-load-size', '4', '-boot-info-table'],
];

function withMd5(contents: Contents): Contents {
  const lines = Object.entries(contents).map(
    ([path, data]) => `${createHash('md5').update(data).digest('hex')}  ./${path}\n`,
  );
  return { ...contents, 'md5sum.txt': lines.join('') };
}

/** As Debian's installer: ISOLINUX with included menus, GRUB for UEFI, Joliet, md5sum.txt, an isohybrid boot record. */
export const makeDebian = (folder: string): string => copyOnce(folder, 'debian.iso', debianImage);

function debianImage(folder: string): string {
  const tree = writeTree(join(folder, 'tree'), {
    ...withMd5({
      'install.amd/vmlinuz': kernelImage('6.1.0-13-amd64 (debian)'),
      'install.amd/initrd.gz': 'initrd',
      'boot/grub/grub.cfg':
        "menuentry --hotkey=g 'Graphical install' {\n    linux    /install.amd/vmlinuz vga=788 --- quiet \n    initrd   /install.amd/initrd.gz\n}\n",
    }),
    'isolinux/isolinux.cfg': 'path \ninclude menu.cfg\ndefault vesamenu.c32\nprompt 0\ntimeout 0\n',
    'isolinux/menu.cfg': 'menu title Debian\ninclude txt.cfg\n',
    'isolinux/txt.cfg':
      'label install\n\tmenu label ^Install\n\tkernel /install.amd/vmlinuz\n\tappend vga=788 initrd=/install.amd/initrd.gz --- quiet \ninclude isolinux.cfg\n',
    'EFI/boot/bootx64.efi': efiProgram(true, 'shim'),
    'EFI/boot/grubx64.efi': efiProgram(true, 'grub.debian'),
  });
  tool('cp', '/usr/lib/ISOLINUX/isolinux.bin', join(tree, 'isolinux/isolinux.bin'));
  tool('cp', efiImage(folder, { 'bootx64.efi': efiProgram(true, 'shim') }), join(tree, 'boot/grub/efi.img'));
  const iso = join(folder, 'debian.iso');
  tool(
    ...(['xorriso', '-as', 'mkisofs', '-quiet', '-r', '-J', '-V', 'Debian 12 amd64 n'] as const),
    ...(['-isohybrid-mbr', '/usr/lib/ISOLINUX/isohdpfx.bin', ...isolinux] as const),
    ...(['-eltorito-alt-boot', '-e', 'boot/grub/efi.img', '-no-emul-boot', '-isohybrid-gpt-basdat'] as const),
    ...(['-o', iso, tree] as const),
  );
  return iso;
}

/** As Ubuntu's live media: GRUB alone, arguments before and after `---`, md5sum.txt. By grub-mkrescue. */
export const makeCasper = (folder: string): string => copyOnce(folder, 'casper.iso', casperImage);

function casperImage(folder: string): string {
  const tree = writeTree(
    join(folder, 'tree'),
    withMd5({
      'casper/vmlinuz': kernelImage('6.5.0-9-generic (ubuntu)'),
      'casper/initrd': 'initrd',
      'boot/grub/grub.cfg':
        'set timeout=30\nmenuentry "Try or Install" {\n\tset gfxpayload=keep\n\tlinux\t/casper/vmlinuz  --- quiet splash\n\tinitrd\t/casper/initrd\n}\n',
      'boot/grub/loopback.cfg':
        'menuentry "Try or Install" {\n\tlinux\t/casper/vmlinuz iso-scan/filename=${iso_path} --- quiet splash\n\tinitrd\t/casper/initrd\n}\n',
    }),
  );
  const iso = join(folder, 'casper.iso');
  tool('grub-mkrescue', '-o', iso, tree);
  return iso;
}

/** As memtest86+: one program that is no Linux, by ISOLINUX on a CD that is no disk. By genisoimage. */
export const makeMemtest = (folder: string): string => copyOnce(folder, 'memtest.iso', memtestImage);

function memtestImage(folder: string): string {
  const tree = writeTree(join(folder, 'tree'), {
    'boot/memtest.bin': Buffer.alloc(5000, 'memtest'),
    'boot/memtest': Buffer.alloc(5000, 'memtest'),
    'isolinux/isolinux.cfg': 'default memtest\nlabel memtest\n  kernel /boot/memtest\n',
  });
  tool('cp', '/usr/lib/ISOLINUX/isolinux.bin', join(tree, 'isolinux/isolinux.bin'));
  const iso = join(folder, 'memtest.iso');
  tool('genisoimage', '-quiet', '-R', '-J', '-V', 'MT86PLUS', ...isolinux, '-o', iso, tree);
  return iso;
}
