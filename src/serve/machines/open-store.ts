/** The machines at a path. */
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Files } from '../../host/ports.ts';
import { fileStore } from './file-store.ts';
import { folderStore } from './folder-store.ts';
import type { MachineStore } from './store.ts';

/** A folder, or one file. Throws what looking at it does. */
export async function openStore(files: Files, path: string): Promise<MachineStore> {
  const real = await files.realPath(path);
  const type = (await files.stat(real))?.type;
  if (type === 'directory') return folderStore(files, withoutTrailing(path, '/') || '/');
  // A pipe is read once, and machines are looked at with each request.
  if (type !== undefined && type !== 'file') throw new Error('it is neither a folder nor a file');
  return fileStore(files, path);
}
