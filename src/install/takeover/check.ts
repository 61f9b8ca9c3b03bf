/** Whether a running Linux can be taken over: pure, each refusal with its reason; nothing has been changed then. */
import type { GrubFolder } from '../../boot/menus/takeover-menu.ts';
import { refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import { installedSize, type Manifest } from '../../media/manifest.ts';
import { Faults } from '../check/all-faults.ts';
import { type BootTarget, instead, requireBoot, requireReadable } from './check-boot.ts';
import type { GrubFacts, RootDeviceKind, TakeoverFacts } from './facts.ts';

/** What is certain of the root once it has been checked. */
export interface TakeoverTarget {
  readonly device: string;
  readonly uuid: string;
  readonly folder: GrubFolder;
  /** What GRUB's folder lies on, when that is not the root. */
  readonly boot?: BootTarget;
}

/** Beside the system: what the first boot writes, and room to start with. */
const roomToStart = 256 * 2 ** 20;

/** Throws what refuses it, all at once: `takeover-…`, `tool-missing`. */
export function checkTakeover(facts: TakeoverFacts): TakeoverTarget {
  requireOther(facts);
  const faults = new Faults();
  const root = faults.now(() => requirePlainRoot(facts));
  const boot = faults.now(() => {
    const found = requireBoot(chosenGrub(facts)?.place);
    if (found !== undefined) requireReadable(facts.root);
    return found;
  });
  const grub = faults.now(() => {
    const found = requireGrub(facts);
    // Which loader reads it is known of a root that is known.
    if (root !== undefined) requireLoader(facts, found, root.uuid);
    return found;
  });
  faults.now(() => requireFreePlace(facts));
  faults.throwAll();
  if (root === undefined || grub === undefined) throw new Error('a check that refused is not told');
  return { ...root, folder: grub.folder, ...(boot && { boot }) };
}

export function requireOther({ system, container, missing }: TakeoverFacts): void {
  if (system !== 'other')
    throw refused('takeover-not-needed', 'This is Bhojpur OS already: there is no other Linux to take over', {
      hint:
        system === 'live'
          ? 'To install it to a disk, run `sudo opsctl install DEVICE`.'
          : 'There is nothing to do.',
    });
  if (container !== undefined)
    throw refused(
      'takeover-container',
      `This is a container (${container}): it has no disk and does not boot`,
      {
        hint: 'Run it on the machine itself.',
      },
    );
  if (missing.length > 0)
    throw refused(
      'tool-missing',
      `Programs needed for a takeover are missing: ${missing.join(', ')}`,
      instead,
    );
}

const stacked: Partial<Record<RootDeviceKind, string>> = {
  lvm: 'a logical volume of LVM',
  crypt: 'an encrypted volume',
  raid: 'a RAID',
  disk: 'a whole disk without partitions',
  other: 'a device that GRUB cannot write to',
};

const replaceInstead = {
  hint: 'To replace the whole disk, tried from memory before: `sudo opsctl install --takeover=replace DISK ISO_URL`.',
};

function requirePlainRoot({ root }: TakeoverFacts): { readonly device: string; readonly uuid: string } {
  if (root.fsType !== 'ext4')
    throw refused(
      'takeover-file-system',
      `The root file system is ${root.fsType}; only ext4 can be taken over`,
      replaceInstead,
    );
  if (!root.whole)
    throw refused('takeover-file-system', 'The root is a folder of its file system (chroot or bind mount)', {
      hint: 'Run it in the system itself, not inside one of its folders.',
    });
  const what = stacked[root.device?.kind ?? 'other'];
  if (what !== undefined)
    throw refused(
      'takeover-device',
      `The root file system is on ${what} (${root.source}), not on a partition`,
      replaceInstead,
    );
  if (root.readOnly)
    throw refused('takeover-read-only', 'The root file system is mounted read-only', {
      hint: 'Find out why with `sudo dmesg`, then run `sudo mount -o remount,rw /`.',
    });
  const { device, uuid } = root;
  if (device === undefined || uuid === undefined)
    throw refused('takeover-device', `The root file system (${root.source}) cannot be read`, instead);
  return { device: device.path, uuid };
}

/** Of the folders that have a menu that which is read, else the first. */
const chosenGrub = ({ grub, loader, root }: TakeoverFacts): GrubFacts | undefined =>
  grub.find((one) => reads(loader, one, root.uuid)) ?? grub[0];

export function requireGrub(facts: TakeoverFacts): GrubFacts {
  const chosen = chosenGrub(facts);
  if (chosen === undefined)
    throw refused(
      'takeover-no-grub',
      'There is no GRUB 2 menu: neither /boot/grub/grub.cfg nor /boot/grub2/grub.cfg',
      instead,
    );
  const menu = `/${chosen.folder}/grub.cfg`;
  if (!chosen.readsCustom)
    throw refused('takeover-menu', `${menu} does not read custom.cfg, which is needed to try a system once`, {
      hint: "Generate it again with GRUB's own scripts, including 41_custom: `sudo update-grub`, or `grub2-mkconfig`.",
    });
  if (!chosen.startsOnce)
    throw refused('takeover-menu', `${menu} does not support one-time entries (next_entry)`, {
      hint: 'Generate it again with GRUB 2.00 or later: `sudo update-grub`, or `grub2-mkconfig`.',
    });
  if (chosen.waits)
    throw refused(
      'takeover-menu',
      `${menu} waits for a key at every start: the old system would not come back by itself`,
      {
        hint: 'Set GRUB_TIMEOUT in /etc/default/grub to a number of seconds and generate the menu again: `sudo update-grub`, or `grub2-mkconfig`.',
      },
    );
  const faults: Readonly<Record<GrubFacts['environment'], string | undefined>> = {
    ok: undefined,
    missing: 'is missing',
    link: 'is a link to another place',
    invalid: 'is not a GRUB environment block',
    full: 'has no room for the variables of a takeover',
  };
  const fault = faults[chosen.environment];
  if (fault !== undefined)
    throw refused('takeover-environment', `/${chosen.folder}/grubenv ${fault}`, {
      hint: chosen.environment === 'full' ? makeRoom(chosen) : `Create it again: \`${createAgain(chosen)}\`.`,
    });
  return chosen;
}

const reads = (
  { menus }: TakeoverFacts['loader'],
  { folder, place }: GrubFacts,
  root: string | undefined,
): boolean => {
  const uuid = place === undefined ? root : place.uuid;
  return menus.some((menu) => {
    const [of, path] = menu.split(':');
    return path === (place?.path ?? `/${folder}`) && (of === '' || of === uuid);
  });
};

/** That the GRUB which firmware starts reads the very menu that is written to. */
export function requireLoader(
  { loader, firmware, secureBoot }: TakeoverFacts,
  grub: GrubFacts,
  uuid: string,
): void {
  if (!reads(loader, grub, uuid))
    throw refused(
      'takeover-loader',
      `The GRUB that ${firmware === 'bios' ? 'the BIOS' : 'the firmware'} starts does not read /${grub.folder}/grub.cfg of this root`,
      {
        details:
          loader.problem === undefined ? loader.menus.map((menu) => `it reads: ${menu}`) : [loader.problem],
        hint:
          firmware === 'bios'
            ? 'Install it to the disk of the root: `sudo grub-install DISK`.'
            : 'Mount the EFI system partition at /boot/efi and run `sudo grub-install`.',
      },
    );
  if (secureBoot && !loader.debianShim)
    throw refused(
      'takeover-secure-boot',
      'Secure Boot is on, and the shim of this system does not trust the kernel of Bhojpur OS',
      {
        hint: 'Turn Secure Boot off, or boot the Bhojpur OS ISO, which brings its own shim.',
      },
    );
}

/** As the distributions call it that have this folder. */
const toolOf = (folder: GrubFolder | undefined, name: 'reboot' | 'editenv') =>
  `${folder === 'boot/grub2' ? 'grub2' : 'grub'}-${name}`;

/** Some versions of the tool would write through a link. */
function createAgain({ folder, environment }: GrubFacts): string {
  const path = `/${folder}/grubenv`;
  const create = `sudo ${toolOf(folder, 'editenv')} ${path} create`;
  return environment === 'link' ? `sudo rm ${path} && ${create}` : create;
}

/** Created again it would lose what the old system starts by: saved_entry, and kernelopts of RHEL 8. */
function makeRoom({ folder }: GrubFacts): string {
  const tool = `sudo ${toolOf(folder, 'editenv')} /${folder}/grubenv`;
  return `Take out variables that nothing needs: \`${tool} list\` shows them, \`${tool} unset NAME\` takes one out.`;
}

export function requireFreePlace({ ours, oursAt = '/bos', otherState, returned, grub }: TakeoverFacts): void {
  if (ours === 'pending')
    throw refused(
      'takeover-pending',
      `A takeover of this system is already prepared (${oursAt}/system/takeover.json)`,
      {
        ...(returned && { details: [`the last try: ${returned}`] }),
        hint: `Reboot to try it. To try again after a failure: \`sudo ${toolOf(grub[0]?.folder, 'reboot')} bos-takeover && sudo reboot\`. To give up: \`sudo rm -r ${oursAt}\`.`,
      },
    );
  if (ours === 'foreign')
    throw refused('takeover-path', `There is a folder ${oursAt} that is not from Bhojpur OS`, {
      hint: 'Rename it.',
    });
  if (otherState !== undefined)
    throw refused(
      'takeover-state',
      `${otherState} is labelled BOS_STATE: the root could not be told apart from it`,
      {
        hint: `Give it another label: \`sudo e2label ${otherState} OTHER\`.`,
      },
    );
}

/** DEVICE is documented for a takeover, and can only be what the root lies on. Both are paths without links. */
export function requireRootDevice(device: string, target: TakeoverTarget): void {
  if (device === target.device) return;
  throw refused('takeover-device-other', `The root file system is on ${target.device}, not on ${device}`, {
    hint: `Name that one, or none: \`sudo opsctl install --takeover ${target.device} ISO_URL\`.`,
  });
}

/** Throws `takeover-room`. */
export function requireRoom({ freeSpace }: TakeoverFacts, manifest: Manifest): void {
  const needed = installedSize(manifest.files) + roomToStart;
  if (freeSpace >= needed) return;
  throw refused(
    'takeover-room',
    `The root file system has too little room: ${formatBytes(needed)} are needed in addition to what is there, but ${formatBytes(freeSpace)} are free`,
    { hint: 'Delete something, or boot the Bhojpur OS ISO and install to a whole disk instead.' },
  );
}
