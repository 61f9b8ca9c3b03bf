/**
 * A look at a file system that somebody else may have filled, before anything is written to it: what an installation
 * writes there must be folders and files, or not be there. What changes afterwards the writes themselves notice, where
 * there may be no way back.
 */
import { stateEnvironmentPath } from '../../boot/environment.ts';
import {
  oldBootSectorPath,
  stateMenuPath,
  stateStubPath,
  volumeToolsPath,
} from '../../boot/menus/partition-menu.ts';
import type { Files } from '../../host/ports.ts';
import { manifestPath } from '../../media/manifest.ts';
import { refuseOtherThanFile, refuseOtherThanFolders, refuseOtherThanLink } from './target-folder.ts';

const components = ['bos/system/os', 'bos/system/kernel', 'bos/system/dcp'];
const folders = ['bos/system/grub', ...components, 'bos/data/home', 'bos/data/var', 'bos/data/opt'];
/** Whose files are all written by name. */
const withFiles = ['bos/system', 'bos/system/grub'];
/** What is written there whatever is there: a folder would be in the way, too. */
const written = [
  ...[manifestPath, 'bos/system/config.yaml', 'bos/system/install.log', 'bos/system/var'],
  ...[stateEnvironmentPath, stateStubPath, stateMenuPath, volumeToolsPath, oldBootSectorPath],
];

/** `more`: files that this installation writes elsewhere. Throws `link-in-the-way` (refused) with the path. */
export async function refuseLinks(
  files: Pick<Files, 'stat' | 'list'>,
  root: string,
  more: readonly string[] = [],
): Promise<void> {
  for (const folder of folders) await refuseOtherThanFolders(files, root, folder);
  for (const path of [...written, ...more]) await refuseOtherThanFile(files, root, path);
  for (const folder of withFiles) await refuseOtherIn(files, root, folder, 'folders too');
  for (const component of components) {
    for (const name of await files.list(`${root}/${component}`)) {
      const path = `${component}/${name}`;
      if (name === 'current' || name === 'previous') await refuseOtherThanLink(files, root, path);
      else {
        await refuseOtherThanFolders(files, root, path);
        await refuseOtherIn(files, root, path, 'files alone');
      }
    }
  }
}

async function refuseOtherIn(
  files: Pick<Files, 'stat' | 'list'>,
  root: string,
  folder: string,
  allowed: 'files alone' | 'folders too',
): Promise<void> {
  for (const name of await files.list(`${root}/${folder}`)) {
    const path = `${folder}/${name}`;
    const stat = await files.stat(`${root}/${path}`);
    if (allowed === 'files alone' || stat?.type !== 'directory') await refuseOtherThanFile(files, root, path);
  }
}
