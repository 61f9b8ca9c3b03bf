/** The steps that turn a disk into an empty, mounted target. The point of no return is among them. */

import type { DiskFacts } from '../disk/facts.ts';
import { type DiskLayout, espLabel, layoutTable, partitionPath, stateLabel } from '../disk/layout.ts';
import { swapsOf, wayToStop } from '../disk/stacked.ts';
import type { Step } from '../steps/index.ts';
import { bootEnvironment, mountPoint, names, type PlanInput } from './plan-input.ts';
import { wipeRanges } from './wipe.ts';

export function prepareDisk(input: PlanInput, layout: DiskLayout): Step[] {
  const { disk, facts } = input;
  const table = layoutTable(layout, facts.ids);
  const detach: Step[] =
    disk.partitions.length === 0
      ? []
      : [{ id: 'detach-partitions', kind: 'detach-partitions', disk: disk.path }];
  return [
    {
      id: 'check-target',
      kind: 'check-target',
      disk: disk.path,
      size: disk.size,
      model: disk.model ?? null,
      serial: disk.serial ?? null,
      stops: stoppedUsers(disk),
    },
    ...stopStacked(disk),
    ...detach,
    {
      id: 'wipe-signatures',
      kind: 'wipe-signatures',
      disk: disk.path,
      content: disk.contentSummary,
      sectorSize: layout.sectorSize,
      ranges: wipeRanges(disk, layout),
    },
    {
      id: 'write-partition-table',
      kind: 'write-partition-table',
      disk: disk.path,
      diskGuid: table.diskGuid,
      sectorSize: table.sectorSize,
      diskSectors: table.diskSectors,
      partitions: layout.partitions.map((one, index) => {
        const { firstLba = 0, lastLba = 0, guid = '' } = table.partitions[index] ?? {};
        const { number, type, name, role } = one;
        const path = partitionPath(disk.path, number);
        return { number, type, guid, firstLba, lastLba, name, bind: names[role], path };
      }),
    },
    {
      id: 'format-esp',
      kind: 'format-esp',
      partition: names.esp,
      label: espLabel,
      serial: facts.ids.espFs,
      sectorSize: layout.sectorSize === 4096 ? 4096 : 512,
      folders: ['EFI', 'EFI/BOOT', 'EFI/debian'],
      environment: bootEnvironment(input),
    },
    {
      id: 'format-state',
      kind: 'format-state',
      partition: names.state,
      label: stateLabel,
      uuid: facts.ids.stateFs,
    },
    { id: 'mount-state', kind: 'mount-state', partition: names.state, at: mountPoint, bind: names.mount },
  ];
}

/** What the step after the check stops, as the check sees it: swap, and what holds the disk or a partition. */
function stoppedUsers(disk: DiskFacts): string[] {
  const holders = [disk, ...disk.partitions].flatMap((one) => one.holders);
  return [...new Set([...(swapsOf(disk).length > 0 ? ['[SWAP]'] : []), ...holders])];
}

function stopStacked(disk: DiskFacts): Step[] {
  const swaps = swapsOf(disk);
  const devices = disk.stacked.flatMap(({ kernelName, path, type, alsoOn }) => {
    const way = wayToStop({ kernelName, type });
    return way === undefined ? [] : [{ kernelName, path, way, alsoOn: [...alsoOn] }];
  });
  if (swaps.length === 0 && devices.length === 0) return [];
  return [{ id: 'stop-stacked', kind: 'stop-stacked', disk: disk.path, swaps, devices }];
}
