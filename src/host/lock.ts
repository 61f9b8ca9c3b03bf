/**
 * What one process at a time may do on a machine. A lock is a symbolic link that names its owner: it is made in one
 * step or not at all, in a folder that only those can write who may hold it, and whoever finds it can say who has it.
 * It lies where what it guards lies, so that it counts for everybody who sees that: in the initrd and in the system
 * after it, in a chroot, and in containers as long as they share process numbers. An abstract socket would count
 * within one network namespace instead, and any user could hold its name.
 */
import { errorCode, type OpsError } from '../errors.ts';
import type { Host } from './ports.ts';

export interface Lock {
  /** Where it lies. Below /run a restart clears it. */
  readonly path: string;
  /** What to throw when the process `owner` keeps it. */
  busy(owner: string): OpsError;
  /** How long to wait for it, in milliseconds; not at all when left out. */
  readonly patience?: number;
}

const pollMs = 100;
/** To look twice and remove a link takes less. */
const clearingMs = 10;

/**
 * Runs `work` while holding the lock. Throws `busy` when another process has it and keeps it. What a process that is
 * gone has left is taken over, also when its number belongs to another one by now.
 */
export async function withLock<T>(host: Host, lock: Lock, work: () => Promise<T>): Promise<T> {
  await host.files.makeDir(lock.path.replace(/\/[^/]*$/, ''));
  await take(host, lock);
  try {
    return await work();
  } finally {
    // A link that stays counts for nothing once this process has ended: no reason to hide what the work came to.
    await host.files.remove(lock.path).catch(() => {});
  }
}

async function take(host: Host, { path, busy, patience = 0 }: Lock): Promise<void> {
  const { processes, system, clock } = host;
  const own = await processes.identify(system.pid);
  if (own === undefined)
    throw new Error('the kernel does not tell when this process began: is /proc mounted?');
  const end = clock.monotonic() + patience;
  for (;;) {
    const owner = await tryTake(host, path, own);
    if (owner === undefined) return;
    if (clock.monotonic() >= end) throw busy(pidOf(owner));
    await clock.sleep(pollMs);
  }
}

/**
 * Makes the link; resolves with the owner of another one that is in its place and counts. Of those who find the link
 * of an owner that is gone only one at a time may look again and remove it: else the second would remove the link
 * that the first has made by then. The right to do so is a lock itself; its name has the owner in it, who never comes
 * again, so that it is never about another link.
 */
async function tryTake(host: Host, path: string, own: string): Promise<string | undefined> {
  const { files, clock } = host;
  for (;;) {
    try {
      await files.symlink(own, path);
      return undefined;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const owner = await readOwner(host, path);
    if (owner === undefined) continue;
    if (await isAlive(host, owner)) return owner;
    const clearing = `${path}.${owner.replaceAll('/', '_')}`;
    if ((await tryTake(host, clearing, own)) !== undefined) {
      await clock.sleep(clearingMs);
      continue;
    }
    try {
      if ((await readOwner(host, path)) === owner) await files.remove(path);
    } finally {
      await files.remove(clearing);
    }
  }
}

/** Undefined when it is gone again; what is no link has no owner. */
async function readOwner({ files }: Host, path: string): Promise<string | undefined> {
  try {
    return await files.readLink(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'EINVAL') return '';
    throw error;
  }
}

const pidOf = (owner: string) => owner.replace(/@.*/, '');

async function isAlive({ processes }: Host, owner: string): Promise<boolean> {
  const pid = /^\d+(?=@)/.exec(owner)?.[0];
  return pid !== undefined && (await processes.identify(Number(pid))) === owner;
}
