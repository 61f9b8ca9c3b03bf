/** Reads a file that a person has put among the machines: not what never ends, and not what no memory holds. */
import type { Files } from '../../host/ports.ts';

/** Of a file with machines, or a configuration. */
export const mostBytes = 16 * 2 ** 20;

/** Its message ends another sentence, as those of the operating system do. */
class NotReadable extends Error {}

/** Throws what the operating system says, or an error that says what it is instead. */
export async function readSmallFile(files: Files, path: string): Promise<Buffer> {
  const stat = await files.stat(await files.realPath(path));
  if (stat?.type === 'directory') throw new NotReadable('it is a folder');
  // A pipe would be waited for.
  if (stat !== undefined && stat.type !== 'file') throw new NotReadable('it is not a file');
  if (stat !== undefined && stat.size > mostBytes)
    throw new NotReadable(`it is ${stat.size} bytes long; expected at most ${mostBytes}`);
  return files.read(path);
}
