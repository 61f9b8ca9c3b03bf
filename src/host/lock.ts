/** What one process at a time may do on a machine. */
import type { OpsError } from '../errors.ts';
import type { Host } from './ports.ts';

export interface Lock {
  /** Where it lies. Below /run a restart clears it. */
  readonly path: string;
  /** What to throw when the process `owner` keeps it. */
  busy(owner: string): OpsError;
  /** How long to wait for it, in milliseconds; not at all when left out. */
  readonly patience?: number;
}

/**
 * Runs `work` while holding the lock. Throws `busy` when another process has it and keeps it. What a process that is
 * gone has left is taken over.
 */
export async function withLock<T>(host: Host, lock: Lock, work: () => Promise<T>): Promise<T> {
  await host.files.makeDir(lock.path.replace(/\/[^/]*$/, ''));
  await take(host, lock);
  try {
    return await work();
  } finally {
    await host.files.remove(lock.path);
  }
}

/** A symlink is made in one step or not at all, and names its owner. */
async function take({ files, system, clock }: Host, { path, busy, patience = 0 }: Lock): Promise<void> {
  const end = clock.monotonic() + patience;
  for (let stale = 0; ; ) {
    try {
      await files.symlink(`${system.pid}`, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await files.readLink(path).catch(() => '');
    if (await files.exists(`/proc/${owner || 'none'}`)) {
      if (clock.monotonic() >= end) throw busy(owner);
      await clock.sleep(100);
      continue;
    }
    // Somebody else may find the same stale one: whoever makes the link first has it.
    stale += 1;
    if (stale > 2) throw busy(owner);
    await files.remove(path);
  }
}
