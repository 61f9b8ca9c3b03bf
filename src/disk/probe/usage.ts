/** What of this machine's block devices is in use, as the kernel says at this moment: mounts, swap, holders. */

import { type Mount, mountPointsOf, parseMountinfo, parseSwaps } from '../../host/mounts.ts';
import type { Host } from '../../host/ports.ts';

export interface DeviceUsage {
  /** Mount points, and `[SWAP]`. */
  readonly mounts: string[];
  /** Kernel names of what is stacked on it: dm-0, md127. */
  readonly holders: string[];
}

export interface MachineUsage {
  readonly mounts: readonly Mount[];
  /** Of one device or partition; its holders are read when asked for. */
  of(device: {
    readonly kernelName: string;
    /** `major:minor` */
    readonly number: string;
    readonly path: string;
  }): Promise<DeviceUsage>;
}

/** All mounts that this process sees, oldest first. `root` stands before /proc; for tests. */
export async function readMounts(host: Host, root = ''): Promise<Mount[]> {
  return parseMountinfo(await host.files.readText(`${root}/proc/self/mountinfo`));
}

/** Reads mounts and swaps once, for questions about many devices. `root` stands before /proc and /sys. */
export async function readUsage(host: Host, root = ''): Promise<MachineUsage> {
  const mounts = await readMounts(host, root);
  // A kernel without swap has no such file.
  const swaps = parseSwaps(await host.files.readText(`${root}/proc/swaps`).catch(() => ''));
  return {
    mounts,
    of: async (device) => ({
      // The kernel lists swap on /dev/mapper/vg-swap as /dev/dm-1, and mounts as they were named.
      mounts: [
        ...new Set(
          [device.path, `/dev/${device.kernelName}`].flatMap((path) =>
            mountPointsOf({ number: device.number, path }, mounts, swaps),
          ),
        ),
      ],
      holders: await host.files.list(`${root}/sys/class/block/${device.kernelName}/holders`),
    }),
  };
}
