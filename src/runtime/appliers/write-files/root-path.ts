/**
 * Paths below the root that is set up, without being led astray: links of the system (/bin, /usr/local, /bhojpur)
 * are followed and always mean the root that is set up; a link that an ordinary user could have put there is not,
 * for a file is written as root.
 */
import { join } from 'node:path';
import type { FileStat, Files } from '../../../host/ports.ts';

/** As many as the kernel follows (path_resolution(7)). */
const linkLimit = 40;

export interface ResolvedPath {
  /** Where it leads, seen from the root: absolute, free of links, `.` and `..`. */
  readonly path: string;
  /** What is there; undefined when nothing is. */
  readonly stat: FileStat | undefined;
  /** Where the link itself stands when the last name is one. */
  readonly link?: string;
}

/**
 * Follows `path`, which need not exist, below `root`. Links are followed in folders that only root and `uid` can
 * write to, from the root down. Throws for a path that is not absolute or has `..`, a link that must not be followed
 * or leads above the root, and a name in the middle that is no folder.
 */
export async function resolveInRoot(
  files: Pick<Files, 'stat' | 'readLink'>,
  root: string,
  path: string,
  uid: number,
): Promise<ResolvedPath> {
  if (!path.startsWith('/') || path.includes('\0')) throw new Error('it is not an absolute path');
  let rest = namesOf(path);
  if (rest.includes('..')) throw new Error('a path with .. is not followed');
  const isTrusted = (stat: FileStat | undefined) => stat?.uid === 0 || stat?.uid === uid;
  const isSafe = (stat: FileStat | undefined) => isTrusted(stat) && ((stat?.mode ?? 0) & 0o022) === 0;
  let folder: string[] = [];
  let safe = isSafe(await files.stat(root));
  let links = 0;
  let link: string | undefined;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      if (folder.pop() === undefined) throw new Error('a link in it leads above the root');
      continue;
    }
    const here = `/${[...folder, name].join('/')}`;
    const stat = await files.stat(join(root, here));
    if (stat?.type === 'symlink') {
      if (!safe || !isTrusted(stat))
        throw new Error(`${here} is a link that users other than root can change: it is not followed`);
      links += 1;
      if (links > linkLimit) throw new Error('it has too many links; do they form a loop?');
      if (rest.length === 0) link ??= here;
      const target = await files.readLink(join(root, here));
      if (target.startsWith('/')) folder = [];
      rest = [...namesOf(target), ...rest];
      continue;
    }
    if (stat === undefined && rest.includes('..')) throw new Error(`${here} does not exist`);
    if (stat !== undefined && stat.type !== 'directory' && rest.length > 0)
      throw new Error(`${here} is not a folder`);
    if (stat !== undefined) safe = safe && isSafe(stat);
    folder.push(name);
  }
  const resolved = `/${folder.join('/')}`;
  const found = { path: resolved, stat: await files.stat(join(root, resolved)) };
  return link === undefined ? found : { ...found, link };
}

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');
