/** Files, through node:fs. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../errors.ts';
import type { FileStat, Files, Owner } from '../ports.ts';
import { digest } from './digest-thread.ts';
import { makeDir } from './make-dir.ts';
import { blockDeviceSize, openFile } from './open-file.ts';
import { openPinned, versionOf, versionsOf } from './pinned-file.ts';
import { readNoFollow, readWhole } from './read-fully.ts';

const defaultMode = 0o644;

export const files: Files = {
  read: readWhole,
  readText: async (path) => (await readWhole(path)).toString(),
  readNoFollow,
  write: async (path, data, options = {}) => {
    await writeFile(path, data, 'w', options.mode, options.sync ?? false);
    if (options.sync) await syncFolder(dirname(path));
  },
  writeAtomic: async (path, data, options = {}) => {
    // No two have the same time; chance would load Node's cryptography, which takes longer than the write.
    const unique = `${process.pid}-${process.hrtime.bigint().toString(36)}`;
    const temporary = join(dirname(path), `.${basename(path)}.${unique}.tmp`);
    try {
      await writeOwned(temporary, data, options.owner, options.mode ?? defaultMode);
      await fs.rename(temporary, path);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  },
  append: (path, data) => fs.appendFile(path, data),
  exists: (path) =>
    fs.access(path).then(
      () => true,
      () => false,
    ),
  stat: async (path) => {
    const stat = await orUndefined(fs.lstat(path));
    if (stat === undefined) return undefined;
    const type = typeOf(stat);
    return {
      type,
      size: type === 'block' ? await blockDeviceSize(stat.rdev) : stat.size,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      links: stat.nlink,
      mtimeMs: stat.mtimeMs,
    };
  },
  list: async (path) => ((await orUndefined(fs.readdir(path))) ?? []).toSorted(),
  makeDir,
  makeTempDir: (prefix) => fs.mkdtemp(join(tmpdir(), prefix)),
  remove: async (path) => {
    try {
      await fs.rm(path, { recursive: true, force: true });
    } catch (error) {
      // Nothing can be there: below what is not a folder, or under a name that the file system does not take.
      if (!['ENOTDIR', 'ENAMETOOLONG'].includes(errorCode(error) ?? '')) throw error;
    }
  },
  rename: (from, to) => fs.rename(from, to),
  copy: async (from, to) => {
    const stat = await fs.lstat(from);
    // A clone where the file system can; never a sparse copy.
    if (stat.isFile()) await fs.copyFile(from, to, constants.COPYFILE_FICLONE);
    else await fs.cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  },
  resize: async (path, size) => {
    const handle = await fs.open(path, 'r+');
    try {
      await handle.truncate(size);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  symlink: (target, path) => fs.symlink(target, path),
  readLink: (path) => fs.readlink(path),
  realPath: (path) => fs.realpath(path),
  chmod: (path, mode) => fs.chmod(path, mode),
  chown: (path, uid, gid) => fs.lchown(path, uid, gid),
  open: async (path, flags) => {
    const handle = await fs.open(path, flags, defaultMode);
    try {
      return await openFile(handle, path);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
  openPinned,
  versionOf,
  versionsOf,
  digest,
  openFolder: async (path, createMode) => {
    const handle = await openFolder(path, createMode);
    // The kernel resolves this to the folder that is open, not to a name (proc(5), /proc/PID/fd).
    return { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() };
  },
  isHeld: async (path) => {
    // open(2): with O_EXCL and without O_CREAT, a block device that is in use by the system gives EBUSY.
    try {
      await (await fs.open(path, constants.O_RDONLY | constants.O_EXCL)).close();
      return false;
    } catch (error) {
      if (errorCode(error) === 'EBUSY') return true;
      throw error;
    }
  },
  freeSpace: async (path) => {
    const { bavail, bsize } = await fs.statfs(path);
    return bavail * bsize;
  },
};

async function writeFile(
  path: string,
  data: Uint8Array | string,
  flags: 'w' | 'wx',
  mode: number | undefined,
  sync: boolean,
): Promise<void> {
  const handle = await fs.open(path, flags, mode ?? defaultMode);
  try {
    if (mode !== undefined) await handle.chmod(mode);
    await handle.writeFile(data);
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A new file, whole and on the disk, before it gets its name. Nobody else can open it until it has its owner, and
 * the mode comes after the owner: chown(2) takes the set-user-ID bit away, and root's must not show for a moment.
 */
async function writeOwned(
  path: string,
  data: Uint8Array | string,
  owner: Owner | undefined,
  mode: number,
): Promise<void> {
  const handle = await fs.open(path, 'wx', 0o600);
  try {
    await handle.writeFile(data);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    // Explicit, so that the result does not depend on the umask.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openFolder(path: string, createMode: number | undefined): Promise<fs.FileHandle> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  try {
    return await fs.open(path, flags);
  } catch (error) {
    if (createMode === undefined || errorCode(error) !== 'ENOENT') throw error;
  }
  await fs.mkdir(path, createMode);
  const handle = await fs.open(path, flags);
  try {
    await handle.chmod(createMode);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Makes a rename or a new name last: the folder's own data. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its file systems keep names in a journal of their own.
  if (process.platform === 'win32') return;
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function typeOf(stat: Awaited<ReturnType<typeof fs.lstat>>): FileStat['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  return stat.isBlockDevice() ? 'block' : 'other';
}

/** Undefined for a path that does not exist, also when a parent of it is a file. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
