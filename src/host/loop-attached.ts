/** Whether an image is attached to a loop device: what is mounted must not change below its file system. */
import { refused } from '../errors.ts';
import type { Host } from './ports.ts';

/**
 * Throws OpsError `code` (refused) with `otherwise` as what to do instead. The kernel tells the file behind each loop device
 * (Documentation/ABI/testing/sysfs-block, loop/backing_file); where there is no sysfs there are no loop devices.
 */
export async function refuseAttached(
  { files }: Host,
  image: string,
  code: string,
  otherwise: string,
): Promise<void> {
  const path = await files.realPath(image);
  for (const name of await files.list('/sys/block')) {
    if (!/^loop\d+$/.test(name)) continue;
    const backing = await files.readText(`/sys/block/${name}/loop/backing_file`).catch(() => '');
    if (backing.trimEnd() === path)
      throw refused(code, `${image} is attached to /dev/${name}`, {
        hint: `Unmount it and detach it with \`losetup -d /dev/${name}\`${otherwise}.`,
      });
  }
}
