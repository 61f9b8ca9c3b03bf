/** What a folder takes on a disk when it is copied. */
import { join } from 'node:path';
import type { Files } from '../../host/ports.ts';

/** Of the file systems that hold a datastore. */
const block = 4096;

/** Bytes of the folder and everything below it, in whole blocks; 0 where nothing is. Links are not followed. */
export async function folderSize(files: Pick<Files, 'stat' | 'list'>, path: string): Promise<number> {
  const stat = await files.stat(path);
  if (stat === undefined) return 0;
  if (stat.type !== 'directory') return stat.type === 'file' ? Math.ceil(stat.size / block) * block : block;
  let sum = block;
  for (const name of await files.list(path)) sum += await folderSize(files, join(path, name));
  return sum;
}
