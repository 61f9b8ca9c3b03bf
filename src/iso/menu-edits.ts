/** provisional */
import { refused } from '../errors.ts';
import type { Image } from './image.ts';
import type { FileChange } from './lay-out.ts';
import type { MenuRequest } from './request.ts';

const grubMenus = ['boot/grub/grub.cfg', 'boot/grub2/grub.cfg', 'EFI/BOOT/grub.cfg'];

export async function mainMenu(image: Image): Promise<string> {
  for (const path of grubMenus) {
    const entry = await image.iso.stat(path);
    if (entry?.type === 'file') return entry.path;
  }
  throw refused('iso-no-menu', 'the image has no boot menu that can be edited');
}

export async function editedMenus(
  image: Image,
  _menu: MenuRequest,
  changed: FileChange | undefined,
): Promise<{ files: FileChange[]; notes: string[] }> {
  const path = await mainMenu(image);
  const bytes = changed?.content?.kind === 'bytes' ? changed.content.bytes : await image.iso.readFile(path);
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/^(\s*linux .*)$/gm, `$1 ${_menu.append.join(' ')}`);
  return { files: [{ path, content: { kind: 'bytes', bytes: Buffer.from(text, 'latin1') } }], notes: [] };
}
