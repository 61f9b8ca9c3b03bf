/** The steps that put the boot loader beside what is there: for BIOS outside all file systems, for UEFI on an ESP. */
import { renderEspStub, stubPath } from '../../boot/menus/menu.ts';
import { espFolder, renderEspRedirect } from '../../boot/menus/partition-menu.ts';
import type { Step } from '../../steps/index.ts';
import type { Asset, BootAssets, PartitionAssets } from '../medium/live.ts';
import type { PlanInput } from '../plan-input.ts';
import type { BiosPlace } from './bios-gap.ts';
import { type EfiPlace, type PartitionTarget, redirectPathFor } from './boot.ts';

/** What a plan for partitions that are there is made from. */
export type PartitionInput = PlanInput & { readonly assets: BootAssets & PartitionAssets };

/** What the boot loader alone is made from. */
export type LoaderInput = Pick<PartitionInput, 'assets' | 'facts'>;
export type LoaderTarget = Pick<PartitionTarget, 'partition' | 'volume' | 'places'>;

const file = (asset: Asset) => ({ from: 'file', ...asset }) as const;

/** The first of several has the plain name. */
export const numbered = (name: string, index: number): string =>
  index === 0 ? name : `${name}-${index + 1}`;

/** The sectors that make disks start from ours come last. */
export function bootLoaders(input: LoaderInput, target: LoaderTarget): Step[] {
  const { assets } = input;
  const { efi, bios, style } = target.places;
  const core = style === 'guest' ? assets['search.img'] : assets['core.img'];
  return [
    ...bios.map(
      ({ disk, area: { first, last } }, index): Step => ({
        id: numbered('embed-core', index),
        kind: 'write-core',
        ...{ target: disk.path, offset: first * 512, room: (last - first + 1) * 512 },
        ...{ lba: first, shared: true },
        core: file(core),
      }),
    ),
    ...efi.flatMap((place, index) => efiSteps(input, target, place, index)),
    ...bios.map((place, index) => bootSector(place, index, assets)),
  ];
}

/** One sector makes the disk start from the new core image. */
const bootSector = ({ disk, area }: BiosPlace, index: number, assets: BootAssets): Step => ({
  id: numbered('write-boot-sector', index),
  kind: 'write-boot-sector',
  disk: disk.path,
  coreLba: area.first,
  image: file(assets['boot.img']),
  awaits: [],
});

function efiSteps(
  { assets, facts }: LoaderInput,
  target: LoaderTarget,
  { disk, partition, fallback }: EfiPlace,
  index: number,
): Step[] {
  const ours = target.places.style === 'ours';
  // Debian's GRUB for media reads no LVM and no RAID.
  const grub = file(ours || target.volume !== undefined ? assets['grubx64.efi'] : assets['gcdx64.efi']);
  const set = (folder: string, shim: string) => [
    { path: `${folder}/mmx64.efi`, content: file(assets['mmx64.efi']) },
    { path: `${folder}/grubx64.efi`, content: grub },
    { path: `${folder}/${shim}`, content: file(assets['shimx64.efi']) },
  ];
  const stub = ours
    ? { path: stubPath, text: renderEspStub() }
    : { path: redirectPathFor(target), text: renderEspRedirect(facts.ids.stateFs) };
  const files = [
    { path: stub.path, content: { from: 'text', text: stub.text } as const },
    ...(ours ? [] : set(espFolder, 'shimx64.efi')),
    // Last: what firmware starts by itself.
    ...(fallback ? set('EFI/BOOT', 'BOOTX64.EFI') : []),
  ];
  const entry: Step[] =
    facts.firmware === 'bios' || partition.guid === undefined
      ? []
      : [
          {
            id: numbered('register-boot-entry', index),
            kind: 'register-boot-entry',
            disk: disk.path,
            partition: partition.number,
            guid: partition.guid,
            loader: ours ? 'EFI/BOOT/BOOTX64.EFI' : `${espFolder}/shimx64.efi`,
          },
        ];
  return [
    {
      id: numbered('update-boot-loader', index),
      kind: 'update-boot-loader',
      partition: partition.path,
      files,
    },
    ...entry,
  ];
}
