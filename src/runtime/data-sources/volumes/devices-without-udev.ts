/**
 * The block devices with their file systems before udev runs, which lsblk asks: from sysfs, and from the devices themselves.
 * Of what cannot be read nothing is said: a drive without a disk is no fault.
 */
import { join } from 'node:path';
import { probeFat } from '../../../formats/filesystems/fat/boot-sector.ts';
import { openIso } from '../../../formats/iso9660/image.ts';
import { withFile } from '../../../host/device-pieces.ts';
import type { Host } from '../../../host/ports.ts';
import type { Device } from './volumes.ts';

/** In memory, or made of others. */
const isOther = (name: string): boolean => /^(ram|zram|loop|dm-|md|nbd)/.test(name);
/** More are not looked at. */
const most = 64;

export async function devicesWithoutUdev(host: Host, root: string): Promise<Device[]> {
  const folder = join(root, '/sys/class/block');
  const names = (await host.files.list(folder).catch(() => [])).filter((name) => !isOther(name));
  const devices: Device[] = [];
  for (const name of names.slice(0, most)) {
    const size = await host.files.readText(join(folder, name, 'size')).catch(() => '0');
    if (Number(size) === 0) continue;
    // The kernel writes a slash of a name so.
    const path = join('/dev', name.replaceAll('!', '/'));
    const found = await probe(host, join(root, path));
    if (found !== undefined) devices.push({ path, type: name.startsWith('sr') ? 'rom' : 'disk', ...found });
  }
  return devices;
}

async function probe(host: Host, path: string): Promise<Pick<Device, 'fstype' | 'label'> | undefined> {
  try {
    return await withFile(host, path, 'r', async (file) => {
      const fat = await probeFat(file);
      if (fat !== undefined) return { fstype: 'vfat', label: fat.label };
      const { volumeId } = await openIso(file, path, { allowTruncated: true });
      return { fstype: 'iso9660', label: volumeId.trim() };
    });
  } catch {
    return undefined;
  }
}
