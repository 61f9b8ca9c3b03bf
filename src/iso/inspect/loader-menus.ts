/**
 * What starts kernels inside of the FAT volumes that a UEFI reads: menus of GRUB, Syslinux and systemd-boot, and
 * unified kernels. Most menus there only lead on to the menu of the ISO; some media have all their entries there.
 */
import { posix } from 'node:path';
import { readMenu } from '../../boot/menus/menu-edit.ts';
import { type BootLoader, type Menu, menuLimit } from '../../boot/menus/menus.ts';
import { OpsError } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { readUnifiedKernel, type UnifiedKernel } from '../../formats/executables/unified-kernel.ts';
import { listFatFolder } from '../../formats/filesystems/fat/file.ts';
import { fatFile } from './loaders.ts';

export interface LoaderMenu {
  /** Where the volume begins in the image. */
  readonly volume: number;
  /** In the volume: `EFI/BOOT/grub.cfg`. */
  readonly path: string;
  readonly loader: BootLoader;
  readonly bytes: Uint8Array;
  readonly menu: Menu;
  readonly unified?: UnifiedKernel;
}

/** Of one volume. */
const maximumMenus = 100;

/** Those that start kernels; `offsets` are the volumes, in bytes. What is no FAT has none. */
export async function loaderMenus(source: ByteSource, offsets: readonly number[]): Promise<LoaderMenu[]> {
  const found: LoaderMenu[] = [];
  for (const offset of new Set(offsets)) {
    if (offset === 0 || offset >= source.size) continue;
    const volume = within(source, offset);
    const places = await placesIn(volume);
    for (const { path, loader } of places.slice(0, maximumMenus)) {
      const file = await fatFile(volume, path);
      if (file === undefined) continue;
      const menu =
        loader === 'unified-kernel'
          ? await unifiedMenu(offset, path, file)
          : await textMenu(offset, path, loader, file);
      if (menu !== undefined) found.push(menu);
    }
  }
  return found;
}

async function textMenu(
  volume: number,
  path: string,
  loader: BootLoader,
  file: ByteSource,
): Promise<LoaderMenu | undefined> {
  if (file.size > menuLimit) return undefined;
  const bytes = await file.read(0, file.size);
  const menu = readMenu(loader, bytes);
  return startsKernels(menu) ? { volume, path, loader, bytes, menu } : undefined;
}

async function unifiedMenu(volume: number, path: string, file: ByteSource): Promise<LoaderMenu | undefined> {
  const unified = await readUnifiedKernel(file);
  if (unified === undefined || unified.commandLine.length > menuLimit) return undefined;
  const bytes = unified.commandLine;
  return { volume, path, loader: 'unified-kernel', bytes, menu: readMenu('unified-kernel', bytes), unified };
}

const startsKernels = ({ entries, loose }: Menu): boolean =>
  loose.length > 0 || entries.some(({ kernels }) => kernels.length > 0);

interface Place {
  readonly path: string;
  readonly loader: BootLoader;
}

/** Where each loader of a medium looks: by its prefix, beside itself, and where Debian's signed GRUB does. */
async function placesIn(volume: ByteSource): Promise<Place[]> {
  const root = await namesIn(volume, '');
  const has = (name: string) => root.some((entry) => entry.toLowerCase() === name);
  const places: Place[] = [];
  const add = (loader: BootLoader, ...paths: string[]) => {
    for (const path of paths) places.push({ path, loader });
  };
  if (has('boot')) add('grub', 'boot/grub/grub.cfg', 'boot/grub2/grub.cfg');
  if (has('grub')) add('grub', 'grub/grub.cfg');
  for (const folder of has('efi') ? await namesIn(volume, 'EFI') : [])
    add('grub', posix.join('EFI', folder, 'grub.cfg'));
  for (const folder of ['', 'syslinux', 'EFI/BOOT', 'EFI/syslinux'])
    if (folder === '' || has(folder.split('/')[0]?.toLowerCase() ?? ''))
      add('isolinux', posix.join(folder, 'syslinux.cfg'));
  if (has('loader'))
    for (const name of await namesIn(volume, 'loader/entries'))
      if (/\.conf$/i.test(name)) add('systemd-boot', posix.join('loader/entries', name));
  for (const folder of has('efi') ? ['EFI/Linux', 'EFI/BOOT'] : [])
    for (const name of await namesIn(volume, folder))
      if (/\.efi$/i.test(name)) add('unified-kernel', posix.join(folder, name));
  return places;
}

async function namesIn(volume: ByteSource, path: string): Promise<string[]> {
  try {
    return (await listFatFolder(volume, path)).map(({ name }) => name);
  } catch (error) {
    if (error instanceof OpsError) return [];
    throw error;
  }
}
