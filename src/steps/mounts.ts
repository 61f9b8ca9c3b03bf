/** Mounting and unmounting as the steps need it. */
import { type Mount, parseMountinfo } from '../disk/mounts.ts';
import type { Host } from '../host/ports.ts';

/** All mounts that this process sees, oldest first. */
export async function mounts(host: Host): Promise<Mount[]> {
  return parseMountinfo(await host.files.readText('/proc/self/mountinfo'));
}

export async function isMounted(host: Host, folder: string): Promise<boolean> {
  return (await mounts(host)).some((mount) => mount.mountPoint === folder);
}

/** Unmounts a folder, which writes everything out; does nothing when nothing is mounted there. */
export async function unmount(host: Host, folder: string): Promise<void> {
  if (await isMounted(host, folder)) await host.processes.run('umount', [folder]);
}
