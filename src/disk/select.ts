/**
 * Which disk to install to: the one that was named, or the only one that can be meant. Pure; refuses rather than
 * guesses. Naming a disk is consent to lose what is on it.
 */

import { type OpsError, refused } from '../errors.ts';
import { formatBytes } from '../formats/size.ts';
import { describeDisk, usesOf } from './describe.ts';
import type { DiskFacts, MachineFacts } from './facts.ts';
import { minimumDiskSize, tooSmall } from './layout.ts';

export interface ChooseOptions {
  /** A disk that nobody named may lose its data. */
  readonly wipe: boolean;
  /** Nobody can be asked. */
  readonly silent: boolean;
}

/** The disk, or those between which somebody has to choose. */
export type Choice = { readonly disk: DiskFacts } | { readonly choices: readonly DiskFacts[] };

/**
 * Chooses among the disks of `facts`; `requested` is a path of /dev or a link of /dev/disk. Throws OpsError
 * (refused) `device-not-found`, `device-is-partition`, `device-is-medium`, `device-in-use`, `device-read-only`,
 * `disk-too-small`, `no-disk`; and, when silent, `device-ambiguous` and `disk-has-data`.
 */
export function chooseDisk(
  facts: Pick<MachineFacts, 'disks'>,
  requested: string | undefined,
  options: ChooseOptions,
): Choice {
  if (requested !== undefined) {
    const disk = findRequested(facts.disks, requested);
    const reason = whyNot(disk);
    if (reason !== undefined) throw reason;
    return { disk };
  }
  const candidates = facts.disks.filter((disk) => whyNot(disk) === undefined);
  const [only, ...others] = candidates;
  if (only === undefined) throw noDisk(facts.disks);
  if (others.length > 0) {
    if (!options.silent) return { choices: candidates };
    throw refused(
      'device-ambiguous',
      `there are ${candidates.length} disks to install to and none was named`,
      {
        details: candidates.map(describeDisk),
        hint:
          'Name one, best by its link in /dev/disk/by-id: opsctl install DEVICE --silent ' +
          '(on the kernel command line: bos.install.device=DEVICE).',
      },
    );
  }
  if (options.silent && !options.wipe && carriesData(only))
    throw refused('disk-has-data', `${only.path} was not named and carries data`, {
      details: [describeDisk(only)],
      hint:
        `If all of it may be lost, name it: opsctl install ${only.path} --silent (on the kernel command line: ` +
        `bos.install.device=${only.path}, or bos.install.wipe for whatever disk there is).`,
    });
  return { disk: only };
}

/** True when installing would destroy something that somebody may want. */
export function carriesData(disk: DiskFacts): boolean {
  return disk.content !== 'empty' && disk.content !== 'unfinished';
}

function findRequested(disks: readonly DiskFacts[], requested: string): DiskFacts {
  const disk = disks.find((one) => one.path === requested || one.links.includes(requested));
  if (disk !== undefined) return disk;
  const wholeLink = requested.replace(/-part\d+$/, '');
  const parent = disks.find(
    (one) =>
      one.partitions.some((partition) => partition.path === requested) ||
      (wholeLink !== requested && one.links.includes(wholeLink)),
  );
  if (parent !== undefined)
    throw refused('device-is-partition', `${requested} is a partition, an installation takes a whole disk`, {
      details: [describeDisk(parent)],
      hint: `Name the disk: ${parent.path}. Everything on it will be lost.`,
    });
  throw refused('device-not-found', `${requested} is not a disk of this machine`, {
    details: disks.length === 0 ? ['no disk was seen'] : disks.map((one) => `seen: ${describeDisk(one)}`),
    hint: 'Check the name, and that the disk is attached.',
  });
}

/** Why a disk cannot be installed to, whoever named it. */
function whyNot(disk: DiskFacts): OpsError | undefined {
  const details = [describeDisk(disk)];
  if (disk.bootMedium)
    return refused('device-is-medium', `${disk.path} is the disk that this system was started from`, {
      details,
      hint: 'Install to another disk, or start the installer from another medium.',
    });
  const uses = usesOf(disk);
  if (uses.length > 0)
    return refused('device-in-use', `${disk.path} is in use`, {
      details: uses,
      hint: 'Unmount it, or stop what is stacked on it (LVM, RAID, multipath), and run the command again.',
    });
  if (disk.readOnly)
    return refused('device-read-only', `${disk.path} is write-protected`, {
      details,
      hint: 'Remove the write protection or choose another disk.',
    });
  return disk.size < minimumDiskSize ? tooSmall(disk.path, disk.size) : undefined;
}

function noDisk(disks: readonly DiskFacts[]): OpsError {
  return refused('no-disk', 'there is no disk to install to', {
    details: disks.map((disk) => `${describeDisk(disk)} - ${whyNot(disk)?.message ?? ''}`),
    hint: `Attach a disk of at least ${formatBytes(minimumDiskSize)}.`,
  });
}
