/**
 * Deletes everything on a file system but what is named. Idempotent: what was cut short goes on where it was. Names
 * are never read here, so that any byte may be in them: find hands them to rm. What is mounted below stays, with all
 * that is on it.
 */
import { readMounts } from '../../disk/probe/usage.ts';
import type { Host } from '../../host/ports.ts';
import { ToolFailed } from '../../host/tool-failed.ts';

export interface Kept {
  /** Relative to the root: what stays, whole. The folders above stay too, but not what else is in them. */
  readonly paths: readonly string[];
  /** Folders that stay and are emptied. */
  readonly emptied?: readonly string[];
}

/**
 * Deletes below `root`. Throws ToolFailed when something cannot be deleted, also without its immutable and
 * append-only flags; all that could be is deleted then.
 */
export async function deleteOthers(host: Host, root: string, { paths, emptied = [] }: Kept): Promise<void> {
  const mounts = await mountsBelow(host, root);
  const kept = [...paths, ...mounts];
  // Each folder in which something stays, and in it the names that do.
  const folders = new Map<string, Set<string>>([['', new Set()]]);
  for (const path of [...kept, ...emptied]) {
    const parts = path.split('/');
    for (const [depth, name] of parts.entries()) {
      const folder = parts.slice(0, depth).join('/');
      folders.set(folder, (folders.get(folder) ?? new Set()).add(name));
    }
  }
  for (const path of emptied) if (!folders.has(path)) folders.set(path, new Set());
  let failed: unknown;
  for (const [folder, names] of folders) {
    // What lies in a kept tree is not looked at.
    if (kept.some((path) => folder === path || folder.startsWith(`${path}/`))) continue;
    const path = folder === '' ? root : `${root}/${folder}`;
    if ((await host.files.stat(path))?.type !== 'directory') continue;
    try {
      await emptyFolder(host, path, [...names]);
    } catch (error) {
      failed ??= error;
    }
  }
  if (failed !== undefined) throw failed;
}

async function emptyFolder({ processes }: Host, folder: string, names: readonly string[]): Promise<void> {
  // Only in this folder, and what is in it is one file system or stays.
  const others = [
    ...[folder, '-mindepth', '1', '-maxdepth', '1'],
    ...names.flatMap((name) => ['!', '-name', literal(name)]),
  ];
  const remove = [...others, '-exec', 'rm', '-rf', '--one-file-system', '--', '{}', '+'];
  try {
    await processes.run('find', remove);
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    // Most trees have none: looking for flags in each would take as long as deleting it.
    const flags = ['-f', '-i', '-a', '--'];
    await processes.run('chattr', [...flags, folder], { okCodes: [0, 1] });
    // Its exit code says that links have no flags.
    await processes.run('find', [...others, '-exec', 'chattr', '-R', ...flags, '{}', '+'], {
      okCodes: [0, 1],
    });
    await processes.run('find', remove);
  }
}

/** find's -name takes a pattern (fnmatch(3)). */
const literal = (name: string) => name.replace(/[\\*?[\]]/g, '\\$&');

/** Relative paths of what is mounted below the root. */
async function mountsBelow(host: Host, root: string): Promise<string[]> {
  const real = await host.files.realPath(root);
  const below = real === '/' ? '/' : `${real}/`;
  const mounts = (await readMounts(host)).map(({ mountPoint }) => mountPoint);
  return mounts.filter((path) => path.startsWith(below)).map((path) => path.slice(below.length));
}
