/**
 * Which disks the running system stands on. The device it was booted from may be a partition, a loop device over
 * an ISO on some stick, or a device-mapper target, so its ancestors are followed down to disks.
 */

import { type Mount, mountOf } from '../../host/mounts.ts';
import { type BlockDevice, flatten } from './lsblk.ts';

export interface BootMediumInput {
  readonly devices: readonly BlockDevice[];
  readonly mounts: readonly Mount[];
  /** Backing files of loop devices by kernel name. */
  readonly backingFiles: ReadonlyMap<string, string>;
  /** Paths of devices that the system was booted from. */
  readonly bootDevices: readonly string[];
  /** Folders where the medium and the state are mounted, if they are. */
  readonly bootMounts: readonly string[];
}

/** The kernel names of every device under the boot devices, themselves included. */
export function bootMediumDevices(input: BootMediumInput): Set<string> {
  const { devices, mounts } = input;
  const all = flatten(devices);
  const parents = parentsOf(devices);
  const found = new Set<string>();

  const add = (device: BlockDevice | undefined): void => {
    if (device === undefined || found.has(device.kernelName)) return;
    found.add(device.kernelName);
    for (const parent of parents.get(device.kernelName) ?? [])
      add(all.find((candidate) => candidate.kernelName === parent));
    const file = input.backingFiles.get(device.kernelName);
    if (file !== undefined) add(deviceOf(mountOf(file, mounts)));
  };
  const deviceOf = (mount: Mount | undefined): BlockDevice | undefined =>
    mount && all.find((device) => device.number === mount.number || device.path === mount.source);

  for (const path of input.bootDevices) add(all.find((device) => device.path === path));
  for (const folder of input.bootMounts)
    for (const mount of mounts.filter((entry) => entry.mountPoint === folder)) add(deviceOf(mount));
  return found;
}

function parentsOf(devices: readonly BlockDevice[]): Map<string, Set<string>> {
  const parents = new Map<string, Set<string>>();
  const visit = (device: BlockDevice): void => {
    for (const child of device.children) {
      const known = parents.get(child.kernelName) ?? new Set();
      parents.set(child.kernelName, known.add(device.kernelName));
      visit(child);
    }
  };
  devices.forEach(visit);
  return parents;
}
