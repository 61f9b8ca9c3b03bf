/** One installation at a time: an installer may be waiting on each console. */
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';

const lockPath = '/run/bos/install.lock';

/**
 * Runs `work` while holding the lock. Throws `install-running` (refused) when another installation runs. What a
 * process that is gone has left is taken over; memory is where it lies, so a restart clears it.
 */
export async function withInstallLock<T>(host: Host, work: () => Promise<T>): Promise<T> {
  await host.files.makeDir(lockPath.replace(/\/[^/]*$/, ''));
  await take(host);
  try {
    return await work();
  } finally {
    await host.files.remove(lockPath);
  }
}

/** A symlink is made in one step or not at all, and names its owner. */
async function take(host: Host): Promise<void> {
  const { files, system } = host;
  for (const attempt of ['first', 'after a stale one']) {
    try {
      await files.symlink(`${system.pid}`, lockPath);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await files.readLink(lockPath).catch(() => '');
    if (attempt === 'after a stale one' || (await files.exists(`/proc/${owner}`))) {
      throw refused('install-running', `Another installation is running (process ${owner})`, {
        hint: 'Follow it on its own terminal, or wait until it has ended.',
      });
    }
    await files.remove(lockPath);
  }
}
