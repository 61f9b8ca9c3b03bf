/**
 * Arrays of md that do not run, such as half of a mirror that udev has put aside. They hold their members all the
 * same, and lsblk passes them over, since they have no size.
 */
import type { Host } from '../../host/ports.ts';
import type { StackedDevice } from '../facts.ts';
import type { BlockDevice } from './lsblk.ts';

/**
 * Those among `holders` of `disk` and its partitions that are not `seen`. `root` stands before /sys; `disks` are all
 * there are, by which the others that an array lies on are known.
 */
export async function idleArrays(
  host: Host,
  root: string,
  { disk, disks }: { readonly disk: BlockDevice; readonly disks: readonly BlockDevice[] },
  holders: readonly string[],
  seen: readonly StackedDevice[],
): Promise<StackedDevice[]> {
  const known = new Set(seen.map(({ kernelName }) => kernelName));
  const idle = [...new Set(holders)].filter((name) => /^md(\d+|_\S+)$/.test(name) && !known.has(name));
  return Promise.all(
    idle.map(async (kernelName): Promise<StackedDevice> => {
      const members = await host.files.list(`${root}/sys/class/block/${kernelName}/slaves`);
      const has = (device: BlockDevice) => members.includes(device.kernelName);
      const under = disks.filter((candidate) => has(candidate) || candidate.children.some(has));
      return {
        ...{ kernelName, path: `/dev/${kernelName}`, type: 'md', mounts: [], size: 0 },
        alsoOn: under.map(({ path }) => path).filter((path) => path !== disk.path),
        on: disks.flatMap((candidate) =>
          [candidate, ...candidate.children].filter(has).map(({ path }) => path),
        ),
      };
    }),
  );
}
