/** Small images by the tools that make other people's: what each has that ours do not. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../support.ts';

export const deepFolder = 'd1/d2/d3/d4/d5/d6/d7/d8/d9/d10';

/** A tree with a menu for each boot loader, a boot image, long and foreign names, many files and deep folders. */
export function makeTree(folder: string, files = 60): string {
  const tree = join(folder, 'tree');
  const write = (path: string, data: string | Uint8Array) => {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), data);
  };
  write('boot/grub/grub.cfg', 'menuentry "One" {\n  linux /vmlinuz quiet\n  initrd /initrd\n}\n');
  write('isolinux/isolinux.cfg', 'label one\n  kernel /vmlinuz\n  append initrd=/initrd quiet\n');
  // What a BIOS loads: four sectors of 512 bytes, of which mkisofs writes bytes 8 to 63.
  write('isolinux/boot.img', Buffer.alloc(2048, 0x90));
  write('vmlinuz', 'kernel');
  write('initrd', 'initrd');
  write(`${deepFolder}/file`, 'deep');
  write('Überraschung – 驚き.txt', 'names');
  for (let index = 0; index < files; index += 1) write(`many/file-number-${index}`, `${index}`);
  symlinkSync('many', join(tree, 'link'));
  return tree;
}

const boot = ['-b', 'isolinux/boot.img', '-c', 'isolinux/boot.cat', '-no-emul-boot'];
const info = [...boot, '-boot-load-size', '4', '-boot-info-table'];

/** How each image is made of a tree. */
export const makers = {
  genisoimage: (iso: string, tree: string) =>
    tool(
      'genisoimage',
      '-quiet',
      '-input-charset',
      'utf-8',
      '-R',
      '-J',
      '-V',
      'GEN',
      ...info,
      '-o',
      iso,
      tree,
    ),
  'xorriso, hybrid with Joliet': (iso: string, tree: string) =>
    tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-J', '-V', 'HYBRID', ...info, '-o', iso, tree),
  'xorriso with a partition of its own': (iso: string, tree: string) =>
    tool(
      ...(['xorriso', '-as', 'mkisofs', '-quiet', '-r', '-V', 'OFFSET', ...info] as const),
      ...(['-partition_offset', '16', '-appended_part_as_gpt', '-o', iso, tree] as const),
    ),
  'grub-mkrescue': (iso: string, tree: string) => tool('grub-mkrescue', '-o', iso, tree),
} as const satisfies Record<string, (iso: string, tree: string) => string>;

export type Maker = keyof typeof makers;
