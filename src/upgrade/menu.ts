/**
 * The boot menu of a node, as far as an upgrade depends on it: only one that counts starts can go back by itself.
 * Installations made before menus did so get one with their first upgrade, kernel arguments and timeout as they were.
 */
import { join } from 'node:path';
import { fitsSetting, locateSettings, readSetting } from '../boot/image-settings.ts';
import { diskMenuPath } from '../boot/menus/menu.ts';
import { stateMenuPath } from '../boot/menus/partition-menu.ts';
import { upgradeMenu } from '../boot/older-menu.ts';
import { withFile } from '../host/device-pieces.ts';
import type { Host } from '../host/ports.ts';

/**
 * counts: nothing to do. older: brought to one that does, with the texts of before and after. changed: by a person, so
 * much that it is left alone, or without room for a longer one. `path` is below the state file system; a disk that was copied from an image
 * has its menu on the EFI system partition instead.
 */
export type NodeMenu =
  | { readonly kind: 'counts' | 'changed' }
  | {
      readonly kind: 'older';
      readonly path: string | 'settings';
      readonly before: string;
      readonly text: string;
    };

export async function readMenu(host: Host, state: string, esp: string): Promise<NodeMenu> {
  const onEsp = esp === '' ? undefined : await menuOfImage(host, esp);
  if (onEsp !== undefined) {
    const menu = judged('settings', onEsp.menu);
    // A configuration that was not moved yet would have to be written again with the menu.
    return menu.kind === 'older' &&
      (onEsp.hasConfig || !fitsSetting('menu', Buffer.byteLength(menu.text), onEsp.room))
      ? { kind: 'changed' }
      : menu;
  }
  for (const path of [stateMenuPath, diskMenuPath])
    if (await host.files.exists(join(state, path)))
      return judged(path, await host.files.readText(join(state, path)));
  return { kind: 'changed' };
}

function judged(path: string, before: string): NodeMenu {
  const text = upgradeMenu(before);
  if (text === undefined) return { kind: 'changed' };
  return text === before ? { kind: 'counts' } : { kind: 'older', path, before, text };
}

async function menuOfImage(
  host: Host,
  esp: string,
): Promise<{ readonly menu: string; readonly room: number; readonly hasConfig: boolean } | undefined> {
  return withFile(host, esp, 'r', async (volume) => {
    const settings = await locateSettings(volume);
    if (settings === undefined) return undefined;
    const read = (name: 'menu' | 'config') => readSetting(volume, name, settings.files[name].current);
    return {
      menu: Buffer.from(await read('menu')).toString('utf8'),
      room: settings.files.menu.other.size,
      hasConfig: (await read('config')).length > 0,
    };
  });
}
