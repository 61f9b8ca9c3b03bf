/** The machines at a path. */
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Files } from '../../host/ports.ts';
import { fileStore } from './file-store.ts';
import { folderStore } from './folder-store.ts';
import type { MachineStore } from './store.ts';

/** A folder, or one file. Throws what looking at it does. */
export async function openStore(files: Files, path: string): Promise<MachineStore> {
  const real = await files.realPath(path);
  const isFolder = (await files.stat(real))?.type === 'directory';
  return isFolder ? folderStore(files, withoutTrailing(path, '/') || '/') : fileStore(files, path);
}
