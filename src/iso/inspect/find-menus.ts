/** The boot menus of an ISO: the files that its loaders read first, and those that these go on in. */
import { posix } from 'node:path';
import { isolinuxLabels } from '../../boot/menus/isolinux-menu.ts';
import { readMenu } from '../../boot/menus/menu-edit.ts';
import { type BootLoader, type Menu, type MenuContext, menuLimit } from '../../boot/menus/menus.ts';
import type { IsoEntry, Tree } from '../../formats/iso9660/tree.ts';

export interface MenuFile {
  /** From the root of the image, without a leading slash. */
  readonly path: string;
  readonly entry: IsoEntry;
  readonly bytes: Uint8Array;
  readonly menu: Menu;
  /** A boot loader begins with this file; undefined, or the file that goes on in this one. */
  readonly includedBy: string | undefined;
  /** What the other files say of this one; only for ISOLINUX. */
  readonly context?: MenuContext;
}

/** Where GRUB's prefix is, as each maker of media has it; the first one is ours. */
const grubMenus = [
  ...['boot/grub/grub.cfg', 'boot/grub2/grub.cfg', 'grub/grub.cfg', 'grub2/grub.cfg'],
  ...['boot/grub/loopback.cfg', 'boot/grub2/loopback.cfg'],
];
/** In the order in which isolinux.bin looks (Syslinux wiki, "ISOLINUX"); grub-mkrescue and xorriso know the others. */
const isolinuxMenus = [
  ...['boot/isolinux', 'isolinux', 'boot/syslinux', 'syslinux', 'boot', '', 'EFI/BOOT', 'EFI/syslinux'],
].flatMap((folder) => ['isolinux.cfg', 'syslinux.cfg'].map((name) => posix.join(folder, name)));
const maximumFiles = 200;

/**
 * Every menu of the image, each file once, in a fixed order. What includes name by variables is found where GRUB's
 * prefix or root is meant, and left out otherwise. Throws as the reader does.
 */
export async function findMenus(tree: Tree): Promise<MenuFile[]> {
  const found = new Map<string, MenuFile>();
  const visit = async (path: string, loader: BootLoader, includedBy?: string): Promise<void> => {
    if (found.size >= maximumFiles) return;
    const entry = await tree.stat(path);
    if (entry?.type !== 'file' || entry.size > menuLimit || found.has(entry.path)) return;
    const bytes = await tree.readFile(entry.path, menuLimit);
    const menu = readMenu(loader, bytes);
    found.set(entry.path, { path: entry.path, entry, bytes, menu, includedBy });
    if (loader !== 'grub' && loader !== 'isolinux') return;
    for (const include of menu.includes) {
      const included = loader === 'grub' ? grubPath(include, entry.path) : isolinuxPath(include, entry.path);
      if (included !== undefined) await visit(included, loader, entry.path);
    }
  };
  for (const path of [...grubMenus, ...(await efiMenus(tree))]) await visit(path, 'grub');
  for (const path of [...isolinuxMenus, ...(await suseMenus(tree))]) await visit(path, 'isolinux');
  for (const path of await entryFiles(tree)) await visit(path, 'systemd-boot');
  return inContext(found);
}

/** ISOLINUX reads all its files as one: labels and arguments for all entries hold in those that come after. */
function inContext(found: ReadonlyMap<string, MenuFile>): MenuFile[] {
  const all = [...found.values()];
  const labels = new Set(all.flatMap(({ menu }) => isolinuxLabels(menu)));
  const inheritedBy = (file: MenuFile): readonly string[] | undefined => {
    const above = file.includedBy === undefined ? undefined : found.get(file.includedBy);
    const said = above?.menu.loose.at(-1)?.arguments.map(({ word }) => word ?? '');
    return said ?? (above && inheritedBy(above));
  };
  return all.map((file) => {
    if (file.menu.loader !== 'isolinux') return file;
    const inherited = inheritedBy(file);
    const context: MenuContext = { labels, ...(inherited === undefined ? {} : { inherited }) };
    return { ...file, menu: readMenu('isolinux', file.bytes, context), context };
  });
}

/** `EFI/BOOT/grub.cfg`, `EFI/debian/grub.cfg`: beside loaders that are on the ISO itself. */
async function efiMenus(tree: Tree): Promise<string[]> {
  const root = await tree.list('');
  const efi = root.find(({ path, type }) => path.toLowerCase() === 'efi' && type === 'directory');
  if (efi === undefined) return [];
  const folders = (await tree.list(efi.path)).filter(({ type }) => type === 'directory');
  return folders.map(({ path }) => posix.join(path, 'grub.cfg'));
}

/** `boot/x86_64/loader/isolinux.cfg`, where SUSE has it, for each processor. */
async function suseMenus(tree: Tree): Promise<string[]> {
  const boot = await tree.stat('boot');
  if (boot?.type !== 'directory') return [];
  const folders = (await tree.list(boot.path)).filter(({ type }) => type === 'directory');
  return folders.map(({ path }) => posix.join(path, 'loader/isolinux.cfg'));
}

/** The entries of systemd-boot, of a UEFI that reads ISO 9660, and as the source of those in its boot image. */
async function entryFiles(tree: Tree): Promise<string[]> {
  const folder = await tree.stat('loader/entries');
  if (folder?.type !== 'directory') return [];
  return (await tree.list(folder.path)).map(({ path }) => path).filter((path) => /\.conf$/i.test(path));
}

/** `$prefix` is the folder of the menu that was read first, and mostly of this one; `($root)` the ISO. */
function grubPath(include: string, from: string): string | undefined {
  const path = include
    .replace(/^\$\{prefix\}/, `/${posix.dirname(from)}`)
    .replace(/^\(\$\{root\}\)/, '')
    .replace(/^\$\{root\}(?=\/)/, '');
  return path.includes('$') || !path.startsWith('/') ? undefined : path.replace(/^\/+/, '');
}

/** Relative to the folder of the first file, in which all of them lie as a rule. */
function isolinuxPath(include: string, from: string): string | undefined {
  if (include === '') return undefined;
  return include.startsWith('/') ? include.replace(/^\/+/, '') : posix.join(posix.dirname(from), include);
}
