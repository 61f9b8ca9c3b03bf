/** The steps that make sure of a disk and give it free, before anything on it is erased. */
import type { DiskFacts } from '../../disk/facts.ts';
import { swapsOf, wayToStop } from '../../disk/probe/stacked.ts';
import type { Step } from '../../steps/index.ts';

/** What an installation works on for long, udev need not look at meanwhile. `suffix` is as below. */
export const takeAlone = (disk: DiskFacts, suffix = ''): Step[] =>
  takeDisk(disk, suffix).map((step) => (step.kind === 'check-target' ? { ...step, alone: true } : step));

/** `suffix` tells the steps of one disk from those of another: `-var`. */
export function takeDisk(disk: DiskFacts, suffix = ''): Step[] {
  const detach: Step[] =
    disk.partitions.length === 0
      ? []
      : [{ id: `detach-partitions${suffix}`, kind: 'detach-partitions', disk: disk.path }];
  return [
    {
      id: `check-target${suffix}`,
      kind: 'check-target',
      disk: disk.path,
      size: disk.size,
      model: disk.model ?? null,
      serial: disk.serial ?? null,
      stops: stoppedUsers(disk),
    },
    ...stopStacked(disk, suffix),
    ...detach,
  ];
}

/** What the step after the check stops, as the check sees it: swap, and what holds the disk or a partition. */
function stoppedUsers(disk: DiskFacts): string[] {
  const holders = [disk, ...disk.partitions].flatMap((device) => device.holders);
  return [...new Set([...(swapsOf(disk).length > 0 ? ['[SWAP]'] : []), ...holders])];
}

function stopStacked(disk: DiskFacts, suffix: string): Step[] {
  const swaps = swapsOf(disk);
  const devices = disk.stacked.flatMap(({ kernelName, path, type, alsoOn }) => {
    const way = wayToStop({ kernelName, type });
    return way === undefined ? [] : [{ kernelName, path, way, alsoOn: [...alsoOn] }];
  });
  if (swaps.length === 0 && devices.length === 0) return [];
  return [{ id: `stop-stacked${suffix}`, kind: 'stop-stacked', disk: disk.path, swaps, devices }];
}
