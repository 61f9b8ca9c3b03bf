/** Mounting and unmounting as the steps need it. */
import { readMounts } from '../../disk/probe/usage.ts';
import type { Host } from '../../host/ports.ts';

export async function isMounted(host: Host, folder: string): Promise<boolean> {
  return (await readMounts(host)).some((mount) => mount.mountPoint === folder);
}

/** Unmounts a folder, which writes everything out; does nothing when nothing is mounted there. */
export async function unmount(host: Host, folder: string): Promise<void> {
  if (await isMounted(host, folder)) await host.processes.run('umount', [folder]);
}
