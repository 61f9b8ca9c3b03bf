/**
 * Request and facts become the steps of a whole-disk installation: pure, and the same for the same input. The order
 * is what keeps a power cut harmless: what the disk boots is removed first, and what makes it bootable and valid is
 * put in place last, after everything has been read back.
 */

import { consoleWords } from '../boot/command-line.ts';
import { environmentPath } from '../boot/environment.ts';
import { diskMenuPath, renderDiskMenu, renderEspStub, stubPath } from '../boot/menu.ts';
import type { DiskFacts, MachineFacts } from '../disk/facts.ts';
import {
  type DiskLayout,
  espLabel,
  type LayoutPartition,
  layoutTable,
  type PartitionRole,
  partitionPath,
  stateLabel,
  wholeDiskLayout,
} from '../disk/layout.ts';
import { formatBytes } from '../formats/size.ts';
import { type Manifest, manifestPath } from '../media/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import type { Asset, BootAssets } from './medium.ts';
import type { InstallRequest } from './request.ts';
import { wipeRanges } from './wipe.ts';

/** Names that partitions, folders and files have before they exist. */
export const names = {
  biosGrub: 'part:bios',
  esp: 'part:esp',
  state: 'part:state',
  mount: 'mount:state',
  config: 'file:config',
} as const;

/** What makes the kernel and systemd of the installed system say more. */
const debugArguments = ['debug', 'systemd.log_level=debug'];

/** Where the target is mounted while it is filled. */
export const mountPoint = '/run/bos/target';

export interface PlanInput {
  readonly request: Pick<InstallRequest, 'debug' | 'tty'>;
  readonly facts: Pick<MachineFacts, 'ids' | 'consoles'>;
  readonly disk: DiskFacts;
  /** The root of the medium. */
  readonly mediumRoot: string;
  readonly manifest: Manifest;
  /** The manifest as it stands on the medium. */
  readonly manifestText: string;
  /** Size and digest of the configuration; its bytes are no part of a plan. */
  readonly config: Omit<Asset, 'path'>;
  readonly assets: BootAssets;
}

/** The plan of a whole-disk installation. Throws what the layout throws: `disk-too-small`, `disk-sector-size`. */
export function planInstall(input: PlanInput): Plan<Step> {
  const { disk } = input;
  const layout = wholeDiskLayout(disk.size, disk.logicalSectorSize);
  return {
    v: 1,
    operation: 'install',
    target: targetName(disk),
    steps: [...prepareDisk(input, layout), ...fillState(input), ...makeBootable(input, layout)],
  };
}

/** `/dev/vda (20 GB, QEMU HARDDISK, serial X)` */
export function targetName(disk: DiskFacts): string {
  const parts = [formatBytes(disk.size), disk.model, disk.serial && `serial ${disk.serial}`];
  return `${disk.path} (${parts.filter(Boolean).join(', ')})`;
}

function prepareDisk(input: PlanInput, layout: DiskLayout): Step[] {
  const { disk, facts } = input;
  const table = layoutTable(layout, facts.ids);
  return [
    {
      id: 'check-target',
      kind: 'check-target',
      disk: disk.path,
      size: disk.size,
      model: disk.model ?? null,
      serial: disk.serial ?? null,
    },
    {
      id: 'wipe-signatures',
      kind: 'wipe-signatures',
      disk: disk.path,
      content: disk.contentSummary,
      partitioned: disk.partitions.length > 0,
      ranges: wipeRanges(disk, layout),
    },
    {
      id: 'write-partition-table',
      kind: 'write-partition-table',
      disk: disk.path,
      diskGuid: table.diskGuid,
      sectorSize: table.sectorSize,
      diskSectors: table.diskSectors,
      partitions: layout.partitions.map((one, index) => {
        const { firstLba = 0, lastLba = 0, guid = '' } = table.partitions[index] ?? {};
        const { number, type, name, role } = one;
        const path = partitionPath(disk.path, number);
        return { number, type, guid, firstLba, lastLba, name, bind: names[role], path };
      }),
    },
    {
      id: 'format-esp',
      kind: 'format-esp',
      partition: names.esp,
      label: espLabel,
      serial: facts.ids.espFs,
      sectorSize: layout.sectorSize === 4096 ? 4096 : 512,
      folders: ['EFI', 'EFI/BOOT', 'EFI/debian'],
      environment: bootEnvironment(input),
    },
    {
      id: 'format-state',
      kind: 'format-state',
      partition: names.state,
      label: stateLabel,
      uuid: facts.ids.stateFs,
    },
    { id: 'mount-state', kind: 'mount-state', partition: names.state, at: mountPoint, bind: names.mount },
  ];
}

function fillState(input: PlanInput): Step[] {
  const { request, facts, manifest, manifestText, config, mediumRoot } = input;
  const at = names.mount;
  const files = manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const consoles = facts.consoles.map((console) => `console=${console}`).join(' ');
  const menu = renderDiskMenu({
    // The serial console of this boot must not be lost.
    arguments: [...consoleWords(consoles, request.tty), ...(request.debug ? debugArguments : [])],
  });
  return [
    { id: 'copy-system', kind: 'copy-files', from: mediumRoot, to: at, files },
    {
      id: 'make-folders',
      kind: 'make-folders',
      at,
      folders: ['home', 'var', 'opt'].map((name) => ({ path: `bos/data/${name}`, mode: 0o755 })),
    },
    {
      id: 'make-links',
      kind: 'make-links',
      at,
      links: Object.entries(deploymentOf(manifest)).flatMap(([component, version]) =>
        version === null ? [] : [{ path: `bos/system/${component}/current`, target: version }],
      ),
    },
    {
      id: 'write-config',
      kind: 'write-file',
      at,
      path: 'bos/system/config.yaml',
      mode: 0o600,
      content: { from: 'file', path: names.config, ...config },
    },
    {
      id: 'write-menu',
      kind: 'write-file',
      at,
      path: diskMenuPath,
      mode: 0o644,
      content: { from: 'text', text: menu },
    },
    // After what it lists: a state partition with a manifest is whole.
    {
      id: 'write-manifest',
      kind: 'write-file',
      at,
      path: manifestPath,
      mode: 0o644,
      content: { from: 'text', text: manifestText },
    },
    { id: 'verify-system', kind: 'verify-files', at, files },
    { id: 'unmount-state', kind: 'unmount-state', partition: names.state, at },
  ];
}

function makeBootable(input: PlanInput, layout: DiskLayout): Step[] {
  const { disk, assets } = input;
  const core = partition(layout, 'biosGrub');
  const esp = partition(layout, 'esp');
  const efi: Step = {
    id: 'write-efi-loader',
    kind: 'write-esp-files',
    partition: names.esp,
    files: [
      { path: stubPath, content: { from: 'text', text: renderEspStub() } },
      { path: 'EFI/BOOT/grubx64.efi', content: { from: 'file', ...assets['grubx64.efi'] } },
      { path: 'EFI/BOOT/mmx64.efi', content: { from: 'file', ...assets['mmx64.efi'] } },
      // Last: it is the one that firmware starts.
      { path: 'EFI/BOOT/BOOTX64.EFI', content: { from: 'file', ...assets['shimx64.efi'] } },
    ],
  };
  const mark: Step = {
    id: 'mark-valid',
    kind: 'mark-valid',
    partition: names.esp,
    environment: bootEnvironment(input),
  };
  // No BIOS boots a disk with sectors of 4096 bytes.
  if (layout.sectorSize !== 512) return [efi, mark];
  const coreLba = core.start / layout.sectorSize;
  return [
    {
      id: 'write-core',
      kind: 'write-core',
      partition: names.biosGrub,
      lba: coreLba,
      room: core.size,
      core: { from: 'file', ...assets['core.img'] },
    },
    efi,
    {
      id: 'write-boot-sector',
      kind: 'write-boot-sector',
      disk: disk.path,
      coreLba,
      image: { from: 'file', ...assets['boot.img'] },
      awaits: [{ partition: names.esp, size: esp.size }],
    },
    mark,
  ];
}

const deploymentOf = ({ kernel, os, dcp }: Manifest) => ({ kernel, os, dcp });

const bootEnvironment = ({ facts, manifest }: PlanInput) => ({
  path: environmentPath,
  stateUuid: facts.ids.stateFs,
  ...deploymentOf(manifest),
});

function partition(layout: DiskLayout, role: PartitionRole): LayoutPartition {
  const found = layout.partitions.find((one) => one.role === role);
  if (found === undefined) throw new Error(`the layout has no ${role}`);
  return found;
}
