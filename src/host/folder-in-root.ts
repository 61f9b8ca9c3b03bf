/** Folders below a root that others have filled, without being led out of it by a link. */
import type { Files, OpenFolder } from './ports.ts';

const folderMode = 0o755;

/**
 * Opens a folder by its path below `root`, name after name and following no link, so that nobody can put one in
 * between any more. Folders that are missing are made (0755). A link or file in the way is ELOOP or ENOTDIR.
 */
export async function openFolderInRoot(
  files: Pick<Files, 'openFolder'>,
  root: string,
  path: string,
): Promise<OpenFolder> {
  // The root of the running system is the empty text, to which paths are appended.
  let folder = await files.openFolder(root === '' ? '/' : root);
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    try {
      const below = await files.openFolder(`${folder.path}/${name}`, folderMode);
      await folder.close();
      folder = below;
    } catch (error) {
      await folder.close();
      throw error;
    }
  }
  return folder;
}
