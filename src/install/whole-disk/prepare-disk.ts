/** The steps that turn a disk into an empty, mounted target. The first is the point of no return. */

import { type DiskLayout, partitionPath, stateLabel } from '../../disk/layout/layout.ts';
import type { Step } from '../../steps/index.ts';
import { mountStep, type PlanInput, planRefs } from '../plan-input.ts';
import { layOut } from './lay-out.ts';
import { wipeRanges } from './wipe.ts';

export function prepareDisk(input: PlanInput, layout: DiskLayout): Step[] {
  const { disk, facts } = input;
  return [
    {
      id: 'wipe-signatures',
      kind: 'wipe-signatures',
      disk: disk.path,
      content: disk.contentSummary,
      sectorSize: layout.sectorSize,
      ranges: wipeRanges(disk, layout),
    },
    ...layOut(input, layout, (number) => partitionPath(disk.path, number)),
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
