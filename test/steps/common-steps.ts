/** Steps and parts of steps that several cases need: what others build on has run before them. */
import { sha256Of } from '../../src/host/digest.ts';
import type { Step } from '../../src/steps/index.ts';
import { bootImage, coreImage, diskSize, MiB, stateMount, system } from './machine.ts';

export const manifestFiles = Object.entries(system).map(([path, text]) => ({
  path,
  size: text.length,
  sha256: sha256Of(text),
}));

export const text = (content: string) => ({ from: 'text' as const, text: content });
export const file = (path: string, bytes: Uint8Array) => ({
  from: 'file' as const,
  path,
  size: bytes.length,
  sha256: sha256Of(bytes),
});
export const core = file('/boot/core.img', coreImage);

/** What goes onto an ESP: a text, and a file. */
export const menuAndLoader = (menu: string) => [
  { path: menu, content: text('exit\n') },
  { path: 'EFI/BOOT/BOOTX64.EFI', content: file('/boot/boot.img', bootImage) },
];

export const environment = {
  path: 'EFI/debian/grubenv',
  stateUuid: '11111111-2222-4333-8444-555555555555',
  kernel: '6',
  os: '1',
  dcp: null,
};
export const guestEnvironment = { ...environment, path: 'bos/system/grub/grubenv' };
export const espGuid = '00000000-0000-4000-8000-000000000002';

export const formatEsp: Extract<Step, { kind: 'format-esp' }> = {
  ...{ id: 'format-esp', kind: 'format-esp', partition: 'part:esp', label: 'BOS_GRUB', serial: '1a2b3c4d' },
  ...{ sectorSize: 512, folders: ['EFI', 'EFI/BOOT', 'EFI/debian'], environment },
};
export const formatState: Step = {
  ...{ id: 'format-ext4', kind: 'format-ext4', partition: 'part:state', label: 'BOS_STATE' },
  uuid: environment.stateUuid,
};
export const mountState: Step = {
  ...{ id: 'mount-state', kind: 'mount-state', partition: 'part:state', at: '/run/bos/target' },
  bind: stateMount,
};
export const copyFiles: Step = {
  ...{ id: 'copy', kind: 'copy-files', from: '/medium', to: stateMount, files: manifestFiles },
};

const partition = (number: number, firstMiB: number, endMiB: number, bind: string) => ({
  number,
  type: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  guid: `00000000-0000-4000-8000-00000000000${number}`,
  firstLba: firstMiB * 2048,
  lastLba: endMiB * 2048 - 1,
  name: bind,
  bind,
  path: `/dev/vda${number}`,
});
export const table: Step = {
  ...{ id: 'table', kind: 'write-partition-table', disk: '/dev/vda' },
  ...{ diskGuid: '00000000-0000-4000-8000-000000000000', sectorSize: 512, diskSectors: diskSize / 512 },
  partitions: [
    partition(1, 1, 2, 'part:bios'),
    partition(2, 2, 302, 'part:esp'),
    partition(3, 302, diskSize / MiB - 1, 'part:state'),
  ],
};
