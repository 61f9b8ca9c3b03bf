/** The steps that give a disk, or an image of one, its partition table and its EFI system partition. */
import { type DiskLayout, espLabel, layoutTable } from '../../disk/layout/layout.ts';
import type { Step } from '../../steps/index.ts';
import { bootEnvironment, planRefs } from '../plan-input.ts';
import type { BootableInput } from './make-bootable.ts';

/** `pathOf` gives the device of a partition by its number; null in an image, where it is a range of the file. */
export function layOut(
  input: Omit<BootableInput, 'assets'>,
  layout: DiskLayout,
  pathOf: (number: number) => string | null,
  moreFolders: readonly string[] = [],
): Step[] {
  const { disk, facts, time } = input;
  const table = layoutTable(layout, facts.ids);
  return [
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
        return { number, type, guid, firstLba, lastLba, name, bind: planRefs[role], path: pathOf(number) };
      }),
    },
    {
      id: 'format-esp',
      kind: 'format-esp',
      partition: planRefs.esp,
      label: espLabel,
      serial: facts.ids.espFs,
      sectorSize: layout.sectorSize === 4096 ? 4096 : 512,
      folders: ['EFI', 'EFI/BOOT', 'EFI/debian', ...moreFolders],
      environment: bootEnvironment(input),
      ...(time === undefined ? {} : { time }),
    },
  ];
}
