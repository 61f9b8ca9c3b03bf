/** What the kernel has made of a disk and its partitions, and how each can be stopped without any large program. */
import type { DiskFacts, StackedDevice } from '../facts.ts';
import type { BlockDevice } from './lsblk.ts';

/** Everything above the disk and its partitions, each once; what stands on another comes before it. */
export function stackedOn(disk: BlockDevice): BlockDevice[] {
  const found = new Map<string, BlockDevice>();
  const visit = (device: BlockDevice, stacked: boolean): void => {
    for (const child of device.children) visit(child, stacked || child.type !== 'part');
    if (stacked && !found.has(device.kernelName)) found.set(device.kernelName, device);
  };
  for (const child of disk.children) visit(child, child.type !== 'part');
  return [...found.values()];
}

/** By kernel name, the paths of what a device lies on directly. */
export function standingOn(disks: readonly BlockDevice[]): Map<string, string[]> {
  const on = new Map<string, Set<string>>();
  const visit = (device: BlockDevice): void => {
    for (const child of device.children) {
      on.set(child.kernelName, (on.get(child.kernelName) ?? new Set()).add(device.path));
      visit(child);
    }
  };
  disks.forEach(visit);
  return new Map([...on].map(([name, paths]) => [name, [...paths]]));
}

/** By kernel name of a device, the disks that it lies on. */
export function disksUnder(disks: readonly BlockDevice[]): Map<string, string[]> {
  const under = new Map<string, string[]>();
  for (const disk of disks)
    for (const { kernelName } of stackedOn(disk))
      under.set(kernelName, [...(under.get(kernelName) ?? []), disk.path]);
  return under;
}

/**
 * dm: by dmsetup. md: `array_state` (Documentation/admin-guide/md.rst). bcache: `stop` (Documentation/admin-guide/
 * bcache.rst). The partition of a stacked device goes with it. Undefined: only what made it can let it go.
 */
export type WayToStop = 'dm' | 'md' | 'bcache' | 'with-parent';

export function wayToStop({
  kernelName,
  type,
}: Pick<StackedDevice, 'kernelName' | 'type'>): WayToStop | undefined {
  if (type === 'part') return 'with-parent';
  // Its daemon would make it again, and what is asked for is a path of the device that somebody uses.
  if (type === 'mpath') return undefined;
  if (/^dm-\d+$/.test(kernelName)) return 'dm';
  if (/^md(\d+|_\S+)$/.test(kernelName)) return 'md';
  return /^bcache\d+$/.test(kernelName) ? 'bcache' : undefined;
}

/**
 * Why a disk cannot be taken as it is, one line each: something on it is mounted, or what stands on it cannot be
 * stopped. Swap and the rest of what is stacked is no obstacle: the plan stops it.
 */
export function obstaclesOf(
  disk: Pick<DiskFacts, 'path' | 'mounts' | 'holders' | 'partitions' | 'stacked'>,
): string[] {
  const stoppable = new Set(
    disk.stacked.flatMap((device) => (wayToStop(device) === undefined ? [] : [device.kernelName])),
  );
  const mounted = (path: string, mounts: readonly string[]) =>
    mounts.flatMap((point) => (point === '[SWAP]' ? [] : [`${path} is mounted on ${point}`]));
  return [
    ...[disk, ...disk.partitions].flatMap(({ path, mounts, holders }) => [
      ...mounted(path, mounts),
      ...holders.flatMap((holder) => (stoppable.has(holder) ? [] : [`${path} is in use by ${holder}`])),
    ]),
    ...disk.stacked.flatMap(({ path, mounts }) => mounted(path, mounts)),
  ];
}

/** Paths that are swapped to: the disk, its partitions, what is stacked on them. */
export function swapsOf(disk: Pick<DiskFacts, 'path' | 'mounts' | 'partitions' | 'stacked'>): string[] {
  return [disk, ...disk.partitions, ...disk.stacked].flatMap(({ path, mounts }) =>
    mounts.includes('[SWAP]') ? [path] : [],
  );
}
