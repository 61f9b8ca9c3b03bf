/** Walks folders in an order that is the same on every machine. */
import { sha256File } from '../host/digest.ts';
import type { FileStat, Files } from '../host/ports.ts';

export interface TreeEntry {
  /** Relative to the root that was walked. */
  readonly path: string;
  readonly stat: FileStat;
}

/** Everything below `root`/`below`, folders before what they hold, in the order of their names. */
export async function walkTree(files: Files, root: string, below = ''): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  for (const name of await files.list(below === '' ? root : `${root}/${below}`)) {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = await files.stat(`${root}/${path}`);
    if (stat === undefined) continue;
    found.push({ path, stat });
    if (stat.type === 'directory') found.push(...(await walkTree(files, root, path)));
  }
  return found;
}

/** Only whether a file is executable is taken over from a developer's machine: a umask must not change an image. */
export const plainMode = (stat: Pick<FileStat, 'mode'>) => ((stat.mode & 0o111) === 0 ? 0o644 : 0o755);

/** What a cache key needs to know of the files and links below `root`: paths, modes, contents. */
export async function digestTree(files: Files, root: string): Promise<unknown> {
  const seen: unknown[] = [];
  for (const { path, stat } of await walkTree(files, root)) {
    if (stat.type === 'symlink') seen.push([path, await files.readLink(`${root}/${path}`)]);
    else if (stat.type === 'file')
      seen.push([path, plainMode(stat), await sha256File(files, `${root}/${path}`)]);
  }
  return seen;
}
