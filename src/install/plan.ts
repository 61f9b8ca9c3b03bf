/**
 * Request and facts become the steps of a whole-disk installation: pure, and the same for the same input. The order
 * is what keeps a power cut harmless: what the disk boots is removed first, and what makes it bootable and valid is
 * put in place last, after everything has been read back.
 */
import type { DiskFacts } from '../disk/facts.ts';
import { wholeDiskLayout } from '../disk/layout/layout.ts';
import { formatBytes } from '../formats/size.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import { fillState } from './fill-state.ts';
import { planPartition } from './partition/plan.ts';
import type { PlanInput } from './plan-input.ts';
import { makeBootable } from './whole-disk/make-bootable.ts';
import { prepareDisk } from './whole-disk/prepare-disk.ts';
import { prepareVarDisk, takeVarDisk } from './whole-disk/prepare-var.ts';
import { takeAlone } from './whole-disk/take-disk.ts';

/** The plan of an installation to a whole disk, or to a partition as it is. Throws what the layout throws: `disk-too-small`, `disk-sector-size`. */
export function planInstall(input: PlanInput): Plan<Step> {
  const { disk, varDisk, existing } = input;
  if (existing !== undefined) return planPartition(input, existing);
  const layout = wholeDiskLayout(disk.size, disk.logicalSectorSize);
  return {
    v: 1,
    operation: 'install',
    target: targetName(disk),
    steps: [
      ...takeAlone(disk),
      ...(varDisk === undefined ? [] : takeVarDisk(varDisk)),
      ...prepareDisk(input, layout),
      ...(varDisk === undefined ? [] : prepareVarDisk(input, varDisk)),
      ...fillState(input),
      ...makeBootable(input, layout),
    ],
  };
}

/** `/dev/vda (20 GB, QEMU HARDDISK, serial X)` */
export function targetName(disk: DiskFacts): string {
  const parts = [formatBytes(disk.size), disk.model, disk.serial && `serial ${disk.serial}`];
  return `${disk.path} (${parts.filter(Boolean).join(', ')})`;
}
