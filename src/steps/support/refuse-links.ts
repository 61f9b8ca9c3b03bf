/**
 * A look at a file system that somebody else may have filled, before anything is written to it: what an installation
 * writes there must be folders and files, or not be there. What changes afterwards the writes themselves notice.
 */
import type { Files } from '../../host/ports.ts';
import { refuseOtherThanFile, refuseOtherThanFolders } from './target-folder.ts';

const folders = [
  ...['bos/system/grub', 'bos/system/os', 'bos/system/kernel', 'bos/system/dcp'],
  ...['bos/data/home', 'bos/data/var', 'bos/data/opt'],
];
/** Whose files are all written by name. */
const withFiles = ['bos/system', 'bos/system/grub'];

/** Throws `link-in-the-way` (refused) with the path. */
export async function refuseLinks(files: Pick<Files, 'stat' | 'list'>, root: string): Promise<void> {
  for (const folder of folders) await refuseOtherThanFolders(files, root, folder);
  for (const folder of withFiles) {
    for (const name of await files.list(`${root}/${folder}`)) {
      const path = `${folder}/${name}`;
      if ((await files.stat(`${root}/${path}`))?.type !== 'directory')
        await refuseOtherThanFile(files, root, path);
    }
  }
}
