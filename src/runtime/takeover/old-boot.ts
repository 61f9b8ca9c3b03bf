/**
 * Where the old system has GRUB's files: on the file system that was taken over, or on one of their own, which is mounted
 * for as long as it is needed. What is unmounted lies where GRUB reads it, whatever log a file system keeps.
 */
import { join } from 'node:path';
import type { OldBoot, TakeoverMarker } from '../../boot/menus/takeover-marker.ts';
import type { Host } from '../../host/ports.ts';

/** Where it is mounted. */
const mountPoint = '/run/bos/old-boot';

export interface OldMenus {
  /** With the menu in it. */
  readonly folder: string;
  /** The root of the file system that it lies on. */
  readonly on: string;
  /** Unmounts what was mounted; once is enough. */
  readonly close: () => Promise<void>;
}

/**
 * Opens what the marker names. `root` is `/` in the OS, `state` the file system that is taken over. Throws what mount does,
 * and nothing is left mounted then.
 */
export async function openMenus(
  host: Host,
  { root, state, writes }: { readonly root: string; readonly state: string; readonly writes: boolean },
  { folder, boot }: Pick<TakeoverMarker, 'folder' | 'boot'>,
): Promise<OldMenus> {
  if (boot === undefined) return { folder: join(state, folder), on: state, close: async () => {} };
  const on = await mountBoot(host, root, boot, writes);
  let open = true;
  return {
    folder: `${on}${boot.path}`,
    on,
    close: async () => {
      if (!open) return;
      await host.processes.run('umount', [on]);
      open = false;
    },
  };
}

/** Resolves with the folder where it is mounted. */
async function mountBoot(
  { files, processes }: Host,
  root: string,
  { uuid, fsType }: OldBoot,
  writes: boolean,
): Promise<string> {
  const on = join(root, mountPoint);
  await files.makeDir(on);
  // udev writes the digits of FAT in capitals.
  const device = join(root, '/dev/disk/by-uuid', fsType === 'vfat' ? uuid.toUpperCase() : uuid);
  // dirsync: a name leads to the new file on the disk before the clusters of the old one are free, on FAT too.
  const options = writes ? 'rw,dirsync' : 'ro';
  await processes.run('mount', ['-t', fsType, '-o', `${options},nosuid,nodev,noexec`, device, on]);
  return on;
}
