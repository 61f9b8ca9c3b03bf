/**
 * The steps for a disk of its own for /var. It is only formatted here: the first boot fills it, as it fills the folder
 * on BOS_STATE. That the disk is part of the installation is written on BOS_STATE, so it says nothing by itself.
 */
import type { DiskFacts } from '../../disk/facts.ts';
import { partitionPath } from '../../disk/layout/layout.ts';
import { varLabel, varLayout } from '../../disk/layout/var-layout.ts';
import type { Step } from '../../steps/index.ts';
import { type PlanInput, planRefs } from '../plan-input.ts';
import { takeAlone } from './take-disk.ts';
import { wipeRanges } from './wipe.ts';

/** On BOS_STATE: the UUID of the file system for /var, and a newline. The initrd reads it. */
export const varRecordPath = 'bos/system/var';

const suffix = '-var';

/** Checks and what gives the disk free; before anything is erased anywhere. */
export const takeVarDisk = (disk: DiskFacts): Step[] => takeAlone(disk, suffix);

export function prepareVarDisk({ facts }: PlanInput, disk: DiskFacts): Step[] {
  const layout = varLayout(disk.size, disk.logicalSectorSize, facts.ids);
  const { table } = layout;
  return [
    {
      id: `wipe-signatures${suffix}`,
      kind: 'wipe-signatures',
      disk: disk.path,
      content: disk.contentSummary,
      sectorSize: table.sectorSize,
      ranges: wipeRanges(disk, { partitions: [layout] }),
    },
    {
      id: `write-partition-table${suffix}`,
      kind: 'write-partition-table',
      disk: disk.path,
      diskGuid: table.diskGuid,
      sectorSize: table.sectorSize,
      diskSectors: table.diskSectors,
      partitions: table.partitions.map(({ number, type, guid, firstLba, lastLba, name }) => ({
        ...{ number, type, guid, firstLba, lastLba, name },
        ...{ bind: planRefs.var, path: partitionPath(disk.path, number) },
      })),
    },
    {
      id: `format${suffix}`,
      kind: 'format-ext4',
      partition: planRefs.var,
      label: varLabel,
      uuid: facts.ids.varFs,
    },
  ];
}

/** What tells the boot of it. */
export const writeVarRecord = ({ facts }: PlanInput): Step => ({
  id: 'write-var-record',
  kind: 'write-file',
  at: planRefs.mount,
  path: varRecordPath,
  mode: 0o644,
  content: { from: 'text', text: `${facts.ids.varFs}\n` },
});
