/** An open file or block device. */
import type { FileHandle } from 'node:fs/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { errorCode } from '../../errors.ts';
import type { OpenFile } from '../ports.ts';
import { openDirect } from './disk/direct-read.ts';
import { processes } from './processes.ts';
import { readFully } from './read-fully.ts';

/** Wraps an open handle; `path` is kept for errors and for dropCache. Throws EISDIR for a folder. */
export async function openFile(handle: FileHandle, path: string): Promise<OpenFile> {
  const stat = await handle.stat();
  // Linux opens one for reading, and only a read says so, without its path.
  if (stat.isDirectory())
    throw Object.assign(new Error(`EISDIR: illegal operation on a directory, open '${path}'`), {
      ...{ code: 'EISDIR', errno: -constants.errno.EISDIR, syscall: 'open', path },
    });
  let size = stat.isBlockDevice() ? await blockDeviceSize(stat.rdev) : stat.size;
  // Once the cache has been dropped, everything is read past it, as long as the file is open.
  let direct = undefined as Awaited<ReturnType<typeof openDirect>>;
  const readInto = async (offset: number, target: Uint8Array): Promise<number> => {
    if (direct !== undefined)
      try {
        return await direct.readInto(offset, target);
      } catch (error) {
        if (errorCode(error) !== 'EINVAL') throw error;
        await direct?.close();
        direct = undefined;
        await dropCacheOf(path);
      }
    return readFully(handle, offset, target);
  };
  return {
    get size() {
      return size;
    },
    read: async (offset, length) => {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
      return bytes.subarray(0, await readInto(offset, bytes));
    },
    readInto,
    write: async (offset, data) => {
      let done = 0;
      while (done < data.length) {
        const { bytesWritten } = await handle.write(data, done, data.length - done, offset + done);
        if (bytesWritten === 0) throw new Error(`${path} took only ${done} of ${data.length} bytes`);
        done += bytesWritten;
      }
      size = Math.max(size, offset + done);
    },
    sync: () => handle.sync(),
    dropCache: async () => {
      await handle.sync().catch(() => {});
      // By the open file: its name may be another one's by now (proc(5), /proc/PID/fd).
      direct ??= await openDirect(`/proc/self/fd/${handle.fd}`);
      if (direct === undefined) await dropCacheOf(path);
    },
    close: async () => {
      await direct?.close();
      await handle.close();
    },
  };
}

/**
 * Lets the kernel forget what it has in memory of a file, as far as that is on the disk: for what cannot be read
 * past its memory. Best effort.
 */
export async function dropCacheOf(path: string): Promise<void> {
  // Node has no posix_fadvise. dd has: with count=0 it advises POSIX_FADV_DONTNEED for the whole file.
  const args = [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'];
  await processes.run('dd', args).catch(async () => {
    // There are systems without, and that of busybox cannot: everything is forgotten then (proc(5)).
    await writeFile('/proc/sys/vm/drop_caches', '1').catch(() => {});
  });
}

/**
 * Bytes of a block device or partition: Node cannot seek to its end, the kernel says it in sysfs, always in units
 * of 512 bytes (Documentation/ABI/stable/sysfs-block). `rdev` is stat(2)'s, as glibc packs it.
 */
export async function blockDeviceSize(rdev: number): Promise<number> {
  const packed = BigInt(rdev);
  const major = ((packed >> 8n) & 0xfffn) | ((packed >> 32n) & ~0xfffn);
  const minor = (packed & 0xffn) | ((packed >> 12n) & 0xffffff00n);
  const sectors = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8');
  return Number(sectors) * 512;
}
