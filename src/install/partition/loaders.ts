/** The steps that put the boot loader beside what is there: for BIOS outside all file systems, for UEFI on an ESP. */
import { efiLoaders, fallbackFolder } from '../../boot/efi-loaders.ts';
import { renderEspStub, stubPath } from '../../boot/menus/menu.ts';
import { espFolder, renderEspRedirect } from '../../boot/menus/partition-menu.ts';
import type { Step } from '../../steps/index.ts';
import { assetOf, type BootAssets } from '../medium/live.ts';
import type { PlanInput } from '../plan-input.ts';
import type { BiosPlace } from './bios-gap.ts';
import { type EfiPlace, type PartitionTarget, redirectPathFor } from './boot.ts';

/** What the boot loader alone is made from. */
export type LoaderInput = Pick<PlanInput, 'assets' | 'facts'>;
export type LoaderTarget = Pick<PartitionTarget, 'partition' | 'volume' | 'places'>;

const file = (assets: BootAssets, name: string) => ({ from: 'file', ...assetOf(assets, name) }) as const;

/** The first of several has the plain name. */
export const numbered = (name: string, index: number): string =>
  index === 0 ? name : `${name}-${index + 1}`;

/** The sectors that make disks start from ours come last. */
export function bootLoaders(input: LoaderInput, target: LoaderTarget): Step[] {
  const { assets } = input;
  const { efi, bios, style } = target.places;
  const core = style === 'guest' ? 'search.img' : 'core.img';
  return [
    ...bios.map(
      ({ disk, area: { first, last } }, index): Step => ({
        id: numbered('embed-core', index),
        kind: 'write-core',
        ...{ target: disk.path, offset: first * 512, room: (last - first + 1) * 512 },
        ...{ lba: first, shared: true },
        core: file(assets, core),
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
  image: file(assets, 'boot.img'),
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
  const loaders = efiLoaders(facts.arch);
  const { fallback: first, shim, mokManager } = loaders;
  const grub = ours || target.volume !== undefined ? loaders.grub : loaders.mediaGrub;
  const set = (folder: string, name: string) => [
    { path: `${folder}/${mokManager}`, content: file(assets, mokManager) },
    { path: `${folder}/${loaders.grub}`, content: file(assets, grub) },
    { path: `${folder}/${name}`, content: file(assets, shim) },
  ];
  const stub = ours
    ? { path: stubPath, text: renderEspStub() }
    : { path: redirectPathFor(target), text: renderEspRedirect(facts.ids.stateFs) };
  const files = [
    { path: stub.path, content: { from: 'text', text: stub.text } as const },
    ...(ours ? [] : set(espFolder, shim)),
    // Last: what firmware starts by itself.
    ...(fallback ? set(fallbackFolder, first) : []),
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
            loader: ours ? `${fallbackFolder}/${first}` : `${espFolder}/${shim}`,
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
