/**
 * Menus that lie inside of a UEFI's boot image, beside the loader, where they are shown and not changed. Most only lead
 * on to the menu of the ISO; some media have all their entries there.
 */
import { readMenu } from '../../boot/menus/menu-edit.ts';
import type { Menu } from '../../boot/menus/menus.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { fatFile } from './loaders.ts';

export interface LoaderMenu {
  /** In the boot image: `EFI/BOOT/grub.cfg`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly menu: Menu;
}

/** Where the GRUB of a medium looks: by its prefix, beside itself, and where Debian's signed one does. */
const places = ['boot/grub/grub.cfg', 'EFI/BOOT/grub.cfg', 'EFI/debian/grub.cfg'];
const menuLimit = 1024 * 1024;

/** Those that start kernels; `offsets` are the boot images, in bytes. What is no FAT has none. */
export async function loaderMenus(source: ByteSource, offsets: readonly number[]): Promise<LoaderMenu[]> {
  const found: LoaderMenu[] = [];
  for (const offset of offsets) {
    if (offset === 0 || offset >= source.size) continue;
    for (const path of places) {
      const file = await fatFile(within(source, offset), path);
      if (file === undefined || file.size > menuLimit) continue;
      const bytes = await file.read(0, file.size);
      const menu = readMenu('grub', bytes);
      if (startsKernels(menu)) found.push({ path, bytes, menu });
    }
  }
  return found;
}

const startsKernels = ({ entries, loose }: Menu): boolean =>
  loose.length > 0 || entries.some(({ kernels }) => kernels.length > 0);
