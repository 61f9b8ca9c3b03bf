/** The steps that turn a disk into an empty, mounted target. The first is the point of no return. */

import {
  type DiskLayout,
  espLabel,
  layoutTable,
  partitionPath,
  stateLabel,
} from '../../disk/layout/layout.ts';
import type { Step } from '../../steps/index.ts';
import { bootEnvironment, mountStep, type PlanInput, planRefs } from '../plan-input.ts';
import { wipeRanges } from './wipe.ts';

export function prepareDisk(input: PlanInput, layout: DiskLayout): Step[] {
  const { disk, facts } = input;
  const table = layoutTable(layout, facts.ids);
  return [
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
      partitions: layout.partitions.map((partition, index) => {
        const { firstLba = 0, lastLba = 0, guid = '' } = table.partitions[index] ?? {};
        const { number, type, name, role } = partition;
        const path = partitionPath(disk.path, number);
        return { number, type, guid, firstLba, lastLba, name, bind: planRefs[role], path };
      }),
    },
    {
      id: 'format-esp',
      kind: 'format-esp',
      partition: planRefs.esp,
      label: espLabel,
      serial: facts.ids.espFs,
      sectorSize: layout.sectorSize === 4096 ? 4096 : 512,
      folders: ['EFI', 'EFI/BOOT', 'EFI/debian'],
      environment: bootEnvironment(input),
    },
    {
      id: 'format-state',
      kind: 'format-ext4',
      partition: planRefs.state,
      label: stateLabel,
      uuid: facts.ids.stateFs,
    },
    mountStep(input),
  ];
}
