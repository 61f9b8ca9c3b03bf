/** Whether the disk of a running Linux can be replaced from memory: pure, each refusal with its reason. */
import type { GrubFolder } from '../../../boot/menus/takeover-menu.ts';
import { wholeDiskLayout } from '../../../disk/layout/layout.ts';
import { refused } from '../../../errors.ts';
import { formatBytes } from '../../../formats/size.ts';
import { installedSize, type Manifest } from '../../../media/manifest.ts';
import { Faults } from '../../check/all-faults.ts';
import { requireFreePlace, requireGrub, requireLoader, requireOther } from '../check.ts';
import { type BootTarget, requireBoot } from '../check-boot.ts';
import type { TakeoverFacts } from '../facts.ts';
import { placeOf, type ReplaceFacts } from './facts.ts';

/** What is certain of the machine once it has been checked. */
export interface ReplaceTarget {
  /** GRUB's files, and ours, lie there. */
  readonly boot: BootTarget;
  readonly folder: GrubFolder;
  /** What is mounted from the disk. */
  readonly mounts: readonly string[];
}

/** The kernel has the system packed and unpacked in memory for a moment; what else the trial and an installation take. */
const memoryBeside = 340 * 2 ** 20;
/** Beside the system: its small files. */
const roomBeside = 4 * 2 ** 20;

/** Throws what refuses it, all at once: `takeover-…`, `disk-too-small`, `tool-missing`. */
export function checkReplace(facts: TakeoverFacts, more: ReplaceFacts | undefined): ReplaceTarget {
  requireOther(facts);
  const faults = new Faults();
  const grub = faults.now(() => requireGrub(facts));
  const boot = grub && faults.now(() => requirePlace(facts, grub));
  if (grub !== undefined && boot !== undefined)
    faults.now(() => requireLoader(facts, grub, facts.root.uuid ?? ''));
  faults.now(() => requireFreePlace(facts));
  if (boot !== undefined) faults.now(() => requireDisk(boot, more));
  faults.throwAll();
  if (grub === undefined || boot === undefined || more === undefined)
    throw new Error('a check that refused is not told');
  return { boot, folder: grub.folder, mounts: more.mounts };
}

function requirePlace(facts: TakeoverFacts, grub: TakeoverFacts['grub'][number]): BootTarget {
  const boot = requireBoot(placeOf(grub, facts.root));
  if (boot === undefined) throw new Error('there is a place');
  if (boot.fsType === 'vfat')
    throw refused(
      'takeover-boot-apart',
      `${boot.mountPoint} is FAT, where everybody could read the configuration that the new system starts with`,
      { hint: 'Boot the Bhojpur OS ISO on this machine and install to a whole disk instead.' },
    );
  return boot;
}

function requireDisk({ disk }: BootTarget, more: ReplaceFacts | undefined): void {
  if (more?.disk === undefined)
    throw refused('takeover-device', `${disk} cannot be looked at`, {
      hint: 'Look at the kernel messages (dmesg).',
    });
  wholeDiskLayout(more.disk.size, more.disk.sectorSize);
}

/** The disk is named, as consent, and can only be the one that starts this machine. Both are paths without links. */
export function requireWholeDisk(device: string, { boot }: ReplaceTarget): void {
  if (device === boot.disk) return;
  throw refused('takeover-device-other', `This machine starts from ${boot.disk}, not from ${device}`, {
    hint: `Name that one: \`sudo opsctl install --takeover=replace ${boot.disk} ISO_URL\`.`,
  });
}

/** Throws `takeover-room`, `takeover-memory`. */
export function requireTrialRoom(
  { boot }: ReplaceTarget,
  more: ReplaceFacts,
  manifest: Manifest,
  configSize: number,
): void {
  const size = installedSize(manifest.files);
  const faults = new Faults();
  const room = size + configSize + roomBeside;
  faults.now(() => {
    if (more.freeSpace >= room) return;
    throw refused(
      'takeover-room',
      `${boot.mountPoint} has too little room for the system that is tried: ${formatBytes(room)} are needed, but ${formatBytes(more.freeSpace)} are free`,
      { hint: `Delete something there, such as old kernels.` },
    );
  });
  const memory = 2 * size + memoryBeside;
  faults.now(() => {
    if (more.memory >= memory) return;
    throw refused(
      'takeover-memory',
      `The machine has too little memory to run the system from it: ${formatBytes(memory)} are needed, but it has ${formatBytes(more.memory)}`,
      { hint: 'Boot the Bhojpur OS ISO on this machine and install to a whole disk instead.' },
    );
  });
  faults.throwAll();
}
