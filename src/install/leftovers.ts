/** What an installation that was killed has left mounted: known by the mount point, which nothing else uses. */
import { readMounts } from '../disk/probe/usage.ts';
import { refused } from '../errors.ts';
import { type Lock, withLock } from '../host/lock.ts';
import type { Host } from '../host/ports.ts';
import { unmount } from '../steps/support/mounts.ts';
import { mountPoint } from './plan-input.ts';

/** An installer may be waiting on each console. */
export const oneInstallation: Lock = {
  path: '/run/bos/install.lock',
  busy: (owner) =>
    refused('install-running', `Another installation is running (process ${owner})`, {
      hint: 'Follow it on its own terminal, or wait until it has ended.',
    }),
};

/** The device that is mounted where an installation mounts its target; undefined for none. */
export const leftMounted = async (host: Host): Promise<string | undefined> =>
  (await readMounts(host)).findLast((mount) => mount.mountPoint === mountPoint)?.source;

/** What a person reads about it. */
export const leftWords = (device: string): string =>
  `${device} is still mounted at ${mountPoint}, by an installation that did not end by itself`;

/** Unmounts it. Throws `install-running` (refused) when it belongs to one that still runs. */
export const releaseLeft = (host: Host): Promise<void> =>
  withLock(host, oneInstallation, async () => {
    // A second one may lie over the first.
    for (let count = 0; count < 8 && (await leftMounted(host)) !== undefined; count += 1)
      await unmount(host, mountPoint);
  });

/** Throws `install-running` (refused) while another process installs. */
export const requireNoOther = (host: Host): Promise<void> => withLock(host, oneInstallation, async () => {});
