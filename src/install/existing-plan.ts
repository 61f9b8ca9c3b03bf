/**
 * Request and facts become the steps of an installation onto partitions that were there: pure. Nothing is formatted.
 * The order is that of a whole disk: what an older installation starts is unmarked first, what makes the new one
 * start comes when everything has been read back, and the valid mark is last.
 */
import type { CoreArea } from '../boot/boot-sector.ts';
import { stateEnvironmentPath } from '../boot/environment.ts';
import {
  espFolder,
  espHopPath,
  oldBootSectorPath,
  oldSystemEntry,
  renderEspHop,
  renderStateStub,
  stateMenuPath,
  stateStubPath,
} from '../boot/existing-menu.ts';
import { renderEspStub, stubPath } from '../boot/menu.ts';
import { stateLabel } from '../disk/layout.ts';
import { manifestPath } from '../media/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import type { BootPlaces, EfiPlace, ExistingTarget } from './existing-boot.ts';
import { describePartition } from './existing-choose.ts';
import { fillState } from './fill-state.ts';
import type { Asset, BootAssets, ExistingAssets } from './medium.ts';
import { bootEnvironment, mountPoint, names, type PlanInput } from './plan-input.ts';

/** What the manifest of an older installation listed, after the manifest itself. */
const oldSystem = [manifestPath, 'bos/system/kernel', 'bos/system/os', 'bos/system/dcp'];
const dataFolders = ['bos/data', 'bos/data/home', 'bos/data/var', 'bos/data/opt'];

/** The plan. The file system keeps its UUID, which stands in the place of the one that facts have drawn. */
export function planExisting(
  given: PlanInput & { readonly assets: BootAssets & ExistingAssets },
  target: ExistingTarget,
): Plan<Step> {
  const { partition, places } = target;
  const uuid = partition.signature?.uuid ?? '';
  const input = { ...given, facts: { ...given.facts, ids: { ...given.facts.ids, stateFs: uuid } } };
  const guest = places.style === 'guest';
  const environment = guest
    ? { ...bootEnvironment(input), path: stateEnvironmentPath }
    : bootEnvironment(input);
  const mark = guest
    ? ({ fileSystem: 'ext4', partition: names.state, environment } as const)
    : ({ fileSystem: 'fat', partition: espOf(places), environment } as const);
  return {
    v: 1,
    operation: 'install',
    target: describePartition(target),
    steps: [
      {
        id: 'check-filesystem',
        kind: 'check-filesystem',
        device: partition.path,
        size: partition.size,
        uuid,
        bind: names.state,
      },
      ...relabelled(target),
      ...(guest ? [] : [{ id: 'mark-filling', kind: 'mark-filling', ...mark } as const]),
      { id: 'mount-state', kind: 'mount-state', partition: names.state, at: mountPoint, bind: names.mount },
      ...(guest ? [{ id: 'claim-state', kind: 'claim-state', at: names.mount, environment } as const] : []),
      ...(target.older === false
        ? []
        : [
            {
              id: 'remove-old-system',
              kind: 'remove-old-system',
              at: names.mount,
              paths: oldSystem,
            } as const,
          ]),
      ...(guest ? [writeStub] : []),
      ...(places.keepSector === true ? [keepSector(target.disk.path)] : []),
      ...fillState(
        input,
        guest
          ? { menuPath: stateMenuPath, folders: dataFolders, moreEntries: oldSystemEntry }
          : { folders: ['boot', 'boot/grub', ...dataFolders] },
      ),
      ...bootLoaders(input, target),
      ...places.left.map((what, index): Step => ({ id: `left-${index + 1}`, kind: 'tell-left', what })),
      { id: 'mark-valid', kind: 'mark-filled', ...mark },
    ],
  };
}

const espOf = ({ efi }: BootPlaces): string => efi?.partition.path ?? '';

function relabelled({ partition }: ExistingTarget): Step[] {
  const from = partition.signature?.label ?? '';
  if (from === stateLabel) return [];
  return [{ id: 'relabel', kind: 'relabel', partition: names.state, from, to: stateLabel }];
}

const writeStub: Step = {
  id: 'write-stub',
  kind: 'write-file',
  at: names.mount,
  path: stateStubPath,
  mode: 0o644,
  content: { from: 'text', text: renderStateStub() },
};

const keepSector = (disk: string): Step => ({
  id: 'keep-boot-sector',
  kind: 'keep-boot-sector',
  disk,
  at: names.mount,
  path: oldBootSectorPath,
});

const file = (asset: Asset) => ({ from: 'file', ...asset }) as const;

function bootLoaders(
  input: PlanInput & { readonly assets: BootAssets & ExistingAssets },
  { disk, places }: ExistingTarget,
): Step[] {
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
  { assets, facts }: PlanInput & { readonly assets: BootAssets & ExistingAssets },
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
