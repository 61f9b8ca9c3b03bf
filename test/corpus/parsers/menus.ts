/** Menus of boot loaders, read and changed; and what GRUB leaves on a disk. */
import { readFileSync } from 'node:fs';
import { makeBootSector, placeCoreImage } from '../../../src/boot/boot-sector.ts';
import { menusOf, readCorePrefix } from '../../../src/boot/core-prefix.ts';
import { parseBootEnvironment } from '../../../src/boot/environment.ts';
import { parseBootEntries } from '../../../src/boot/firmware-entries.ts';
import { editArguments, readMenu } from '../../../src/boot/menus/menu-edit.ts';
import { type BootLoader, menuLimit } from '../../../src/boot/menus/menus.ts';
import { readOldMenu } from '../../../src/boot/menus/takeover-menu.ts';
import { renderEnvironmentBlock } from '../../../src/formats/boot-config/grubenv.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { tool } from '../../formats/support.ts';
import { made } from './made.ts';
import { bytes, each, filesOf, latin1, type Parser, text } from './parser.ts';

const menu = (loader: BootLoader, ...seeds: readonly Uint8Array[]): Parser => ({
  seeds: () => seeds,
  parse: async (given) => {
    // Nobody reads more of one.
    const input = given.subarray(0, menuLimit);
    await each(
      () => readMenu(loader, input),
      () => editArguments(loader, input, { append: ['x=y'], remove: ['quiet'] }),
      () =>
        editArguments(loader, input, { replace: [{ from: 'quiet', to: 'splash' }], afterSeparator: true }),
    );
  },
});

const isolinux = `default vesamenu.c32
include stdmenu.cfg
menu title Installer
label install
  menu label ^Install
  menu default
  kernel /install/vmlinuz
  append vga=788 initrd=/install/initrd.gz --- quiet
label live
  linux /live/vmlinuz
  initrd /live/initrd
  append "boot=live components" quiet
timeout 100
ontimeout /live/vmlinuz quiet
`;
const grubMenu = `set default="0"
if loadfont "$prefix/font.pf2"; then set gfxmode=auto; insmod gfxterm; fi
submenu 'More \\'entries\\'' --class "a b" {
  menuentry "Live" { linux /live/vmlinuz boot=live \\
    quiet "a=b c" -- splash ; initrd /live/initrd }
}
function load { linux$1 /vmlinuz $cmdline; }
for x in 1 2; do echo $x; done # end
`;

/** A disk that starts GRUB on a BIOS. */
function grubDisk(): Buffer {
  const [sector, room] = [64, 2 ** 18];
  const disk = Buffer.alloc(2 ** 19);
  disk.writeUInt16LE(0xaa55, 510);
  disk.set(makeBootSector(readFileSync('/usr/lib/grub/i386-pc/boot.img'), disk, sector));
  const options = ['--format=i386-pc', '--prefix=(,gpt3)/boot/grub', 'biosdisk', 'part_gpt', 'ext2'];
  const core = made((file) => tool('grub-mkimage', `--output=${file}`, ...options));
  disk.set(placeCoreImage(core, sector, room), sector * 512);
  return disk;
}

export const menuParsers: Readonly<Record<string, Parser>> = {
  'grub.cfg': menu('grub', ...bytes(grubMenu), ...filesOf('grub', '.cfg')),
  'isolinux.cfg': menu('isolinux', ...bytes(isolinux)),
  'loader entry': menu(
    'systemd-boot',
    ...bytes('title Live\nlinux /vmlinuz\ninitrd /initrd\noptions quiet  root=LABEL=x\n# end\n'),
  ),
  'unified kernel command line': menu('unified-kernel', ...bytes('quiet root=LABEL=x \0\0\0')),
  'old grub.cfg': {
    seeds: () => [...bytes(grubMenu), ...filesOf('grub', '.cfg')],
    parse: (input) => readOldMenu(text(input)),
  },
  grubenv: {
    seeds: () => [
      renderEnvironmentBlock(
        new Map([
          ['saved_entry', '0'],
          ['bos_mark', 'a\\b'],
        ]),
      ),
    ],
    parse: (input) => parseBootEnvironment(input),
  },
  'GRUB core image': {
    seeds: () => [grubDisk()],
    parse: (input) =>
      each(
        () => readCorePrefix(fromBytes(input)),
        () => menusOf(Buffer.from(input)),
      ),
  },
  'efibootmgr output': {
    seeds: () =>
      bytes(
        'BootCurrent: 0001\nTimeout: 0 seconds\nBootOrder: 0001,0000\nBoot0000* UiApp\tFvVol(x)\n' +
          'Boot0001* Bhojpur OS\tHD(1,GPT,5a2f-11,0x800,0x10000)/File(\\EFI\\debian\\shimx64.efi)\n',
      ),
    parse: (input) => parseBootEntries(latin1(input)),
  },
};
