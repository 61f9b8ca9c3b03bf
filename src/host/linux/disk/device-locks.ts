/**
 * The lock of a whole disk that udev respects (https://systemd.io/BLOCK_DEVICE_LOCKING/): flock(2) on its node. Node.js
 * has no flock; flock(1) of util-linux takes it on a file that is open here, and the lock stays with that open file: it
 * ends with this process, however that ends.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { basename } from 'node:path/posix';
import type { DeviceLocks } from '../../ports.ts';
import { findProgram } from '../programs.ts';

/** udev has a disk for itself while it looks at it, for as long as its rules take. */
const waitSeconds = 10;
/** The first number after the standard ones: what the fourth of `stdio` is in the child. */
const childFd = 3;

const handles = new Map<string, fs.FileHandle>();

export const deviceLocks: DeviceLocks = {
  get taken() {
    return new Set(handles.keys());
  },
  take: async (path) => {
    if (handles.has(path)) return true;
    const program = findProgram('flock');
    const handle = program === undefined ? undefined : await fs.open(path, 'r').catch(() => undefined);
    if (program === undefined || handle === undefined) return false;
    if (await lock(program, handle.fd)) {
      handles.set(path, handle);
      return true;
    }
    await handle.close();
    return false;
  },
  release: async (path) => {
    const handle = handles.get(path);
    if (handle === undefined) return;
    handles.delete(path);
    await handle.close();
    await announce(path);
  },
};

/** False where the kernel or the program cannot do it, and when somebody else keeps the lock. */
const lock = (program: string, fd: number): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, ['--exclusive', '--timeout', `${waitSeconds}`, `${childFd}`], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });

/** Has udev look at the disk and its partitions, as `udevadm trigger` does: what it left out it may have dropped. */
async function announce(path: string): Promise<void> {
  const disk = basename(await fs.realpath(path).catch(() => path));
  const folder = `/sys/class/block/${disk}`;
  const names = await fs.readdir(folder).catch(() => []);
  // A partition may be gone by now.
  for (const name of ['.', ...names.filter((one) => one.startsWith(disk))])
    await fs.writeFile(`${folder}/${name}/uevent`, 'change').catch(() => {});
}
