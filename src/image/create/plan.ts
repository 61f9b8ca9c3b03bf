/** A request and a medium become the steps that write a disk image: pure, and the same for the same input. */
import { consoleWords } from '../../boot/command-line.ts';
import { settingsFolder } from '../../boot/image-settings.ts';
import { type DiskMenu, diskMenuPath, renderDiskMenu, renderImageMenu } from '../../boot/menus/menu.ts';
import {
  type DiskLayout,
  growMarkerPath,
  identityMarkerPath,
  type PartitionRole,
  stateLabel,
  wholeDiskLayout,
} from '../../disk/layout/layout.ts';
import { formatBytes } from '../../formats/size.ts';
import { currentLinks, dataFolders } from '../../install/fill-state.ts';
import { planRefs } from '../../install/plan-input.ts';
import { layOut } from '../../install/whole-disk/lay-out.ts';
import { type BootableInput, makeBootable } from '../../install/whole-disk/make-bootable.ts';
import { manifestPath } from '../../media/manifest.ts';
import type { Plan } from '../../plan/plan.ts';
import type { WriteState } from '../../steps/filesystem/write-state.ts';
import type { Step } from '../../steps/index.ts';
import { inUseOf } from './in-use.ts';
import type { ImageInput } from './input.ts';
import { checksumSteps, convertSteps, isConverted, nameStep } from './output.ts';

const sectorSize = 512;
/** It may become a thousand times as large as the smallest image while it is mounted. */
const growth = 1024;

/** Throws what the layout throws, `disk-too-small`, and what the file system does, `image-too-small` (refused). */
export function planImage(input: ImageInput): Plan<Step> {
  const { output, size } = input;
  const layout = wholeDiskLayout(size, sectorSize);
  const bootable = bootableOf(input);
  const state = stateStep(input, layout);
  const inUse = inUseOf(layout, state);
  return {
    v: 1,
    operation: 'image-create',
    target: `${output.image} (${formatBytes(size)})`,
    steps: [
      { id: 'create-image', kind: 'create-image', path: output.raw, size, content: contentOf(input) },
      ...layOut(bootable, layout, () => null, [settingsFolder]),
      state,
      settingsStep(input),
      ...makeBootable(bootable, layout),
      ...checksumSteps(input, inUse),
      ...convertSteps(input, inUse),
      nameStep(input),
    ],
  };
}

/** As much as is certainly written: the journal and the tables come on top. Another format is a second copy. */
function contentOf(input: ImageInput): number {
  const content = input.image.files.reduce((sum, { size }) => sum + size, 0);
  return isConverted(input) ? (input.format === 'ova' ? 3 : 2) * content : content;
}

/** As for a disk that a BIOS starts: no entry of a firmware is made. */
const bootableOf = ({ output, ids, manifest, assets, consoles, time }: ImageInput): BootableInput => ({
  ...{ manifest, assets, time, disk: { path: output.raw } },
  request: { debug: false },
  facts: { arch: manifest.arch, ids, consoles, firmware: 'bios' },
});

/** The configuration goes to the state file system with the first boot; until then it can be changed. */
const settingsStep = (input: ImageInput): Step => ({
  ...{ id: 'write-settings', kind: 'write-settings', partition: planRefs.esp, time: input.time },
  menu: { from: 'text', text: renderDiskMenu(menuOf(input)) },
  config: { from: 'file', path: planRefs.config, ...input.config },
});

function stateStep(input: ImageInput, layout: DiskLayout): WriteState {
  const { ids, image, manifest, manifestText, size, time } = input;
  const links = currentLinks(manifest);
  const text = (path: string, content: string) => ({
    ...{ path, mode: 0o644, content: { from: 'text' as const, text: content } },
  });
  const written = [
    text(diskMenuPath, renderImageMenu(menuOf(input), numberOf(layout, 'esp'))),
    text(growMarkerPath, ''),
    text(identityMarkerPath, ''),
    text(manifestPath, manifestText),
  ];
  const paths = [...image.files, ...links, ...written, ...dataFolders.map((path) => ({ path: `${path}/x` }))];
  return {
    ...{ id: 'write-state', kind: 'write-state', partition: planRefs.state, label: stateLabel },
    ...{ uuid: ids.stateFs, hashSeed: ids.hashSeed, time, growsTo: size * growth },
    folders: parentsOf(paths.map(({ path }) => path)).map((path) => ({ path, mode: 0o755 })),
    links,
    written,
    ...image,
  };
}

/** Every folder above the paths, each once, parents before children. */
function parentsOf(paths: readonly string[]): string[] {
  const folders = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(folders)].toSorted();
}

const menuOf = ({ consoles, append }: ImageInput): DiskMenu => ({
  arguments: [
    ...consoleWords(consoles.map((console) => `console=${console}`).join(' '), undefined),
    ...append,
    // Were the first boot cut off while it writes the partition table, the kernel takes the backup.
    'gpt',
    'quiet',
  ],
});

const numberOf = ({ partitions }: DiskLayout, role: PartitionRole): number =>
  partitions.find((partition) => partition.role === role)?.number ?? 0;
