/** A root file system to look at: a folder of this machine, or an ext4 file system in an image, which nobody mounts. */
import { posix } from 'node:path';
import { errorCode } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import type { Ext4Reader } from '../../formats/filesystems/ext4-reader.ts';
import type { Host } from '../../host/ports.ts';

export interface RootEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly mode: number;
}

/** Paths are relative to the root, in which every link is followed but that in the last place. */
export interface RootView {
  /** Undefined when nothing is there. */
  stat(path: string): Promise<RootEntry | undefined>;
  readLink(path: string): Promise<string | undefined>;
  list(path: string): Promise<string[]>;
  /** The first bytes of a file, at most `limit`; undefined for what is no file. */
  read(path: string, limit: number): Promise<Uint8Array | undefined>;
}

export const folderView = ({ files }: Pick<Host, 'files'>, root: string): RootView => ({
  stat: async (path) => {
    const found = await files.stat(`${root}/${path}`).catch(noFolder);
    return found && { ...found, type: found.type === 'block' ? 'other' : found.type };
  },
  readLink: async (path) => files.readLink(`${root}/${path}`).catch(() => undefined),
  list: async (path) => files.list(`${root}/${path}`).catch(() => []),
  read: async (path, limit) => {
    if ((await files.stat(`${root}/${path}`).catch(noFolder))?.type !== 'file') return undefined;
    const file = await files.open(`${root}/${path}`, 'r');
    try {
      return await file.read(0, Math.min(limit, file.size));
    } finally {
      await file.close();
    }
  },
});

function noFolder(error: unknown): undefined {
  if (errorCode(error) !== 'ENOTDIR') throw error;
}

export const ext4View = (reader: Ext4Reader): RootView => ({
  stat: (path) => reader.stat(path),
  readLink: (path) => reader.readLink(path),
  list: (path) => reader.list(path),
  read: async (path, limit) => {
    const file: ByteSource | undefined = await reader.open(path);
    return file?.read(0, Math.min(limit, file.size));
  },
});

/** As path_resolution(7). */
const maximumLinks = 40;

/**
 * Where `path` really is, below the root, as the system itself would find it: links in it lead inside. Undefined when
 * nothing is there. The last part is followed too unless `last` is false; then it need not exist.
 */
export async function realIn(view: RootView, path: string, last = true): Promise<string | undefined> {
  let rest = path.split('/').filter(Boolean);
  let here = '';
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...more] = rest;
    if (name === '.' || name === '..') {
      here = name === '.' ? here : posix.dirname(here).replace(/^\.$/, '');
      rest = more;
      continue;
    }
    const next = here === '' ? name : `${here}/${name}`;
    const isLast = more.length === 0;
    if (isLast && !last) return next;
    const found = await view.stat(next);
    if (found === undefined) return undefined;
    if (found.type === 'symlink') {
      links += 1;
      const target = await view.readLink(next);
      if (target === undefined || links > maximumLinks) return undefined;
      if (target.startsWith('/')) here = '';
      rest = [...target.split('/').filter(Boolean), ...more];
      continue;
    }
    here = next;
    rest = more;
  }
  return here;
}

/** The first bytes of the file that `path` leads to. */
export async function readIn(view: RootView, path: string, limit: number): Promise<Uint8Array | undefined> {
  const real = await realIn(view, path);
  return real === undefined ? undefined : view.read(real, limit);
}
