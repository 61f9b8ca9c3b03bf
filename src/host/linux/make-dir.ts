/** Folders with those above them. */
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../errors.ts';

/**
 * Like `mkdir -p`; `mode` is for every folder that is made. Node.js's own `recursive` never returns where a file
 * system answers ENOENT although the folder above is there, as /proc does. Throws what mkdir(2) says of the path.
 */
export async function makeDir(path: string, mode?: number): Promise<void> {
  try {
    await fs.mkdir(path, mode);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) return acceptFolder(path, error);
    await makeDir(dirname(path), mode);
    await fs.mkdir(path, mode).catch((again) => acceptFolder(path, again));
  }
}

/** A folder that is there already, by a link too, is what was asked for. */
async function acceptFolder(path: string, error: unknown): Promise<void> {
  const stat = await fs.stat(path).catch(() => undefined);
  if (stat?.isDirectory() !== true) throw error;
}
