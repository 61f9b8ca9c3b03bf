/**
 * Writing below the root of a target. That may be a file system that somebody else has filled: a link in it would lead
 * a write of root anywhere, to a file outside or to another disk. None is followed, and none is replaced in silence.
 */
import { basename, dirname } from 'node:path/posix';
import { errorCode, refused } from '../../errors.ts';
import { openFolderInRoot } from '../../host/folder-in-root.ts';
import type { FileStat, Files } from '../../host/ports.ts';

/**
 * Runs `use` with a path to the file `path` below `root`, in its folder held open; folders that are missing are made.
 * Throws `link-in-the-way` (refused) unless nothing or a regular file is there, in folders that are folders.
 */
export async function withTargetFile<T>(
  files: Files,
  root: string,
  path: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  return withTargetFolder(files, root, dirname(path), async (folder) => {
    const file = `${folder}/${basename(path)}`;
    const stat = await files.stat(file);
    if (stat !== undefined && stat.type !== 'file') throw inTheWay(path, stat, 'file');
    return use(file);
  });
}

/**
 * The same for a file that gets all of its content anew. One that has another name too (a hard link: backups are made of
 * them) is somebody's file, and one of another owner would stay his: there the name is let go of, and `use` makes a file.
 */
export async function withNewTargetFile<T>(
  files: Files,
  root: string,
  path: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  return withTargetFile(files, root, path, async (file) => {
    const stat = await files.stat(file);
    if (stat !== undefined && (stat.links > 1 || stat.uid !== 0)) await files.remove(file);
    return use(file);
  });
}

/** The same for a folder. */
export async function withTargetFolder<T>(
  files: Files,
  root: string,
  path: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await openFolderInRoot(files, root, path).catch(async (error: unknown) => {
    if (['ELOOP', 'ENOTDIR'].includes(errorCode(error) ?? ''))
      await refuseOtherThanFolders(files, root, path);
    throw error;
  });
  try {
    return await use(folder.path);
  } finally {
    await folder.close();
  }
}

/** Throws `link-in-the-way` (refused) when a part of the path below `root` is there and not a folder. */
export async function refuseOtherThanFolders(
  files: Pick<Files, 'stat'>,
  root: string,
  path: string,
): Promise<void> {
  let here = '';
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    here = here === '' ? name : `${here}/${name}`;
    const stat = await files.stat(`${root}/${here}`);
    if (stat === undefined) return;
    if (stat.type !== 'directory') throw inTheWay(here, stat, 'folder');
  }
}

/** The same when its last part is there and not a regular file. Nothing is opened or made. */
export async function refuseOtherThanFile(
  files: Pick<Files, 'stat'>,
  root: string,
  path: string,
): Promise<void> {
  await refuseOtherThanFolders(files, root, dirname(path));
  const stat = await files.stat(`${root}/${path}`);
  if (stat !== undefined && stat.type !== 'file') throw inTheWay(path, stat, 'file');
}

/** The same when it is there and not a link. */
export async function refuseOtherThanLink(
  files: Pick<Files, 'stat'>,
  root: string,
  path: string,
): Promise<void> {
  const stat = await files.stat(`${root}/${path}`);
  if (stat !== undefined && stat.type !== 'symlink') throw inTheWay(path, stat, 'link');
}

const inTheWay = (path: string, { type }: FileStat, expected: 'file' | 'folder' | 'link') =>
  refused('link-in-the-way', `/${path} on the target is ${names[type]}, not a ${expected}`, {
    hint:
      type === 'symlink'
        ? 'Bhojpur OS writes there, and a link could lead out of the file system. Move it away.'
        : 'Bhojpur OS writes there. Move it away.',
  });

const names = {
  file: 'a file',
  directory: 'a folder',
  symlink: 'a link',
  block: 'a device',
  other: 'a special file',
} as const satisfies Record<FileStat['type'], string>;
