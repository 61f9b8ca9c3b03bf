/** The steps that put the boot loader beside what is there: for BIOS outside all file systems, for UEFI on an ESP. */
import type { CoreArea } from '../boot/boot-sector.ts';
import { espFolder, espHopPath, renderEspHop } from '../boot/existing-menu.ts';
import { renderEspStub, stubPath } from '../boot/menu.ts';
import type { Step } from '../steps/index.ts';
import type { BootPlaces, EfiPlace, ExistingTarget } from './existing-boot.ts';
import type { Asset, BootAssets, ExistingAssets } from './medium.ts';
import type { PlanInput } from './plan-input.ts';

/** What a plan for partitions that are there is made from. */
export type ExistingInput = PlanInput & { readonly assets: BootAssets & ExistingAssets };

const file = (asset: Asset) => ({ from: 'file', ...asset }) as const;

/** The sector that makes the disk start from ours comes last. */
export function bootLoaders(input: ExistingInput, { disk, places }: ExistingTarget): Step[] {
  const { assets } = input;
  const { efi, bios, style } = places;
  const core = style === 'guest' ? assets['search.img'] : assets['core.img'];
  return [
    ...(bios === undefined
      ? []
      : [
          {
            id: 'embed-core',
            kind: 'embed-core',
            disk: disk.path,
            lba: bios.first,
            room: (bios.last - bios.first + 1) * 512,
            core: file(core),
          } as const,
        ]),
    ...(efi === undefined ? [] : efiSteps(input, efi, style)),
    ...(bios === undefined ? [] : [bootSector(disk.path, bios, assets)]),
  ];
}

/** One sector makes the disk start from the new core image. */
const bootSector = (disk: string, { first }: CoreArea, assets: BootAssets): Step => ({
  id: 'write-boot-sector',
  kind: 'write-boot-sector',
  disk,
  coreLba: first,
  image: file(assets['boot.img']),
  awaits: [],
});

function efiSteps(
  { assets, facts }: ExistingInput,
  { disk, partition, fallback }: EfiPlace,
  style: BootPlaces['style'],
): Step[] {
  const ours = style === 'ours';
  const grub = file(ours ? assets['grubx64.efi'] : assets['gcdx64.efi']);
  const set = (folder: string, shim: string) => [
    { path: `${folder}/mmx64.efi`, content: file(assets['mmx64.efi']) },
    { path: `${folder}/grubx64.efi`, content: grub },
    { path: `${folder}/${shim}`, content: file(assets['shimx64.efi']) },
  ];
  const stub = ours
    ? { path: stubPath, text: renderEspStub() }
    : { path: espHopPath, text: renderEspHop(facts.ids.stateFs) };
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
            id: 'register-boot-entry',
            kind: 'register-boot-entry',
            disk: disk.path,
            partition: partition.number,
            guid: partition.guid,
            loader: ours ? 'EFI/BOOT/BOOTX64.EFI' : `${espFolder}/shimx64.efi`,
          },
        ];
  return [
    { id: 'update-boot-loader', kind: 'update-boot-loader', partition: partition.path, files },
    ...entry,
  ];
}
