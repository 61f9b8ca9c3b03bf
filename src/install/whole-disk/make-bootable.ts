/** The last steps: the boot loader for every firmware of the architecture, and the mark that makes the installation valid. */
import { architectures } from '../../architectures.ts';
import { efiLoaders, fallbackFolder } from '../../boot/efi-loaders.ts';
import { renderEspStub, stubPath } from '../../boot/menus/menu.ts';
import type { DiskLayout, LayoutPartition, PartitionRole } from '../../disk/layout/layout.ts';
import type { Step } from '../../steps/index.ts';
import { assetOf } from '../medium/live.ts';
import { bootEnvironment, type PlanInput, planRefs } from '../plan-input.ts';

/** What the boot loader of a disk, or of an image of one, is made from. */
export interface BootableInput extends Pick<PlanInput, 'assets' | 'facts' | 'manifest' | 'request'> {
  readonly disk: Pick<PlanInput['disk'], 'path'>;
  /** When files of an image were made, in seconds since 1970. */
  readonly time?: number;
}

export function makeBootable(input: BootableInput, layout: DiskLayout): Step[] {
  const { disk, assets, facts } = input;
  const loaders = efiLoaders(facts.arch);
  const fallbackLoader = `${fallbackFolder}/${loaders.fallback}`;
  const file = (name: string) => ({ from: 'file', ...assetOf(assets, name) }) as const;
  const core = partition(layout, 'biosGrub');
  const esp = partition(layout, 'esp');
  const efi: Step = {
    id: 'write-efi-loader',
    kind: 'write-esp-files',
    partition: planRefs.esp,
    files: [
      { path: stubPath, content: { from: 'text', text: renderEspStub() } },
      { path: `${fallbackFolder}/${loaders.grub}`, content: file(loaders.grub) },
      { path: `${fallbackFolder}/${loaders.mokManager}`, content: file(loaders.mokManager) },
      // Last: it is the one that firmware starts.
      { path: fallbackLoader, content: file(loaders.shim) },
    ],
    ...(input.time === undefined ? {} : { time: input.time }),
  };
  // A BIOS has no such variables.
  const entry: Step[] =
    facts.firmware === 'bios'
      ? []
      : [
          {
            id: 'register-boot-entry',
            kind: 'register-boot-entry',
            disk: disk.path,
            partition: esp.number,
            guid: facts.ids.esp,
            loader: fallbackLoader,
          },
        ];
  const mark: Step = {
    id: 'mark-valid',
    kind: 'mark-valid',
    ...{ fileSystem: 'fat', partition: planRefs.esp, from: 'installing' },
    environment: bootEnvironment(input),
  };
  // No BIOS boots a disk with sectors of 4096 bytes, and not every architecture has one.
  if (layout.sectorSize !== 512 || !architectures[facts.arch].bios) return [efi, ...entry, mark];
  const coreLba = core.start / layout.sectorSize;
  return [
    {
      id: 'write-core',
      kind: 'write-core',
      ...{ target: planRefs.biosGrub, offset: 0, room: core.size, lba: coreLba, shared: false },
      core: file('core.img'),
    },
    efi,
    {
      id: 'write-boot-sector',
      kind: 'write-boot-sector',
      disk: disk.path,
      coreLba,
      image: file('boot.img'),
      awaits: [{ partition: planRefs.esp, size: esp.size }],
    },
    ...entry,
    mark,
  ];
}

function partition(layout: DiskLayout, role: PartitionRole): LayoutPartition {
  const found = layout.partitions.find((candidate) => candidate.role === role);
  if (found === undefined) throw new Error(`the layout has no ${role}`);
  return found;
}
