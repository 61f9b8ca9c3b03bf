/**
 * Which disk to install to: the one that was named, or the only one that can be meant. Pure; refuses rather than
 * guesses. Naming a disk, by path, link or serial number, is consent to lose what is on it; describing one is not.
 */

import { type OpsError, refused } from '../../errors.ts';
import { type DiskSelector, namesOneDisk } from '../../formats/disk-selector.ts';
import { formatBytes } from '../../formats/size.ts';
import { describeDisk } from '../describe.ts';
import type { DiskFacts, MachineFacts } from '../facts.ts';
import { minimumDiskSize, tooSmall } from '../layout/layout.ts';
import { obstaclesOf } from '../probe/stacked.ts';
import { findPath, notFound, selectorOf, unusable } from './find.ts';
import { matchingDisks, ranked } from './match.ts';

export interface ChooseOptions {
  /** A disk that nobody named may lose its data. */
  readonly wipe: boolean;
  /** Nobody can be asked. */
  readonly silent: boolean;
}

/** The disk, or those between which somebody has to choose. */
export type Choice = { readonly disk: DiskFacts } | { readonly choices: readonly DiskFacts[] };

/**
 * Chooses among the disks of `facts`; `requested` is a path of /dev, a link of /dev/disk, or criteria. Throws OpsError
 * (usage) `device-invalid`; (refused) `device-not-found`, `device-is-partition`, `device-is-medium`, `device-in-use`,
 * `device-read-only`, `disk-too-small`, `no-disk`; and, when silent, `device-ambiguous` and `disk-has-data`.
 */
export function chooseDisk(
  facts: Pick<MachineFacts, 'disks'>,
  requested: string | undefined,
  options: ChooseOptions,
): Choice {
  const selector = selectorOf(requested);
  if (selector?.kind === 'path') return { disk: installable(findPath(facts.disks, selector.path)) };
  const candidates = candidatesOf(facts.disks, selector, requested);
  const [only, ...others] = candidates;
  if (only === undefined) throw noDisk(facts.disks);
  if (others.length > 0) {
    if (!options.silent) return { choices: candidates };
    throw refused('device-ambiguous', ambiguity(candidates.length, requested), {
      details: candidates.map(describeDisk),
      hint:
        'Name one, best by its link in /dev/disk/by-id or its serial number: opsctl install DEVICE --silent ' +
        '(on the kernel command line: bos.install.device=DEVICE).',
    });
  }
  const named = selector !== undefined && namesOneDisk(selector);
  if (options.silent && !options.wipe && !named && carriesData(only))
    throw refused('disk-has-data', `${only.path} has data on it and was not named`, {
      details: [describeDisk(only)],
      hint:
        `If all of it may be erased, name it: opsctl install ${only.path} --silent (on the kernel command line: ` +
        `bos.install.device=${only.path}, or bos.install.wipe for whatever disk is chosen).`,
    });
  return { disk: only };
}

/**
 * The second disk, for /var, under the same rules; never `main`. Where several meet criteria it is not asked between
 * them: throws `device-ambiguous` (refused) then too.
 */
export function chooseVarDisk(
  facts: Pick<MachineFacts, 'disks'>,
  requested: string,
  main: DiskFacts,
  options: ChooseOptions,
): DiskFacts {
  if (requested === main.path || main.links.includes(requested))
    throw refused('device-twice', `${requested} cannot be both the system disk and the /var disk`, {
      hint: 'Name another disk for /var, or leave it out: /var is then on the system disk.',
    });
  const others = { disks: facts.disks.filter((disk) => disk.path !== main.path) };
  const choice = chooseDisk(others, requested, options);
  if ('disk' in choice) return choice.disk;
  throw refused('device-ambiguous', ambiguity(choice.choices.length, requested), {
    details: choice.choices.map(describeDisk),
    hint: 'Name the one for /var by its link in /dev/disk/by-id or its serial number.',
  });
}

/**
 * The disks that can be installed to and meet the criteria. A rank is among them alone: the medium and a disk in use
 * are never the largest.
 */
function candidatesOf(
  disks: readonly DiskFacts[],
  selector: Extract<DiskSelector, { kind: 'criteria' }> | undefined,
  requested = '',
): DiskFacts[] {
  const usable = (among: readonly DiskFacts[]) => among.filter((disk) => whyNot(disk) === undefined);
  if (selector === undefined) return usable(disks);
  const matching = matchingDisks(disks, selector);
  const [first, ...others] = matching;
  if (first === undefined) throw notFound(disks, `No disk matches ${requested}`);
  const candidates = usable(matching);
  if (candidates.length === 0) {
    if (others.length === 0) installable(first);
    throw noDisk(matching, ` that matches ${requested}`);
  }
  return ranked(candidates, selector);
}

const ambiguity = (count: number, requested: string | undefined) =>
  requested === undefined
    ? `There are ${count} disks to install to; name one`
    : `${count} disks match ${requested}`;

/** True when installing would destroy something that somebody may want. */
export function carriesData(disk: DiskFacts): boolean {
  return disk.content !== 'empty' && disk.content !== 'unfinished';
}

/** The disk itself, when it can be installed to; throws why not. */
function installable(disk: DiskFacts): DiskFacts {
  const reason = whyNot(disk);
  if (reason !== undefined) throw reason;
  return disk;
}

/** Why a disk cannot be installed to, whoever named it. */
function whyNot(disk: DiskFacts): OpsError | undefined {
  const reason = unusable(disk, obstaclesOf(disk), {
    medium: 'Install to another disk, or start the installer from another medium.',
    inUse: 'Unmount it, or stop what is built on it, and run the command again.',
  });
  if (reason !== undefined) return reason;
  return disk.size < minimumDiskSize ? tooSmall(disk.path, disk.size) : undefined;
}

/** Why a disk cannot be installed to, a line for each thing; empty for one that can. */
export function reasonsAgainst(disk: DiskFacts): readonly string[] {
  const refusal = whyNot(disk);
  if (refusal === undefined) return [];
  // What uses it says more than that it is in use.
  return refusal.code === 'device-in-use' ? refusal.details : [refusal.message];
}

/** Why disks of this machine are not among those to choose from, a line for each. */
export const notOffered = ({ disks }: Pick<MachineFacts, 'disks'>): string[] =>
  disks.flatMap((disk) => whyNot(disk)?.message ?? []);

function noDisk(disks: readonly DiskFacts[], which = ''): OpsError {
  return refused('no-disk', `There is no disk to install to${which}`, {
    details: disks.map((disk) => `${describeDisk(disk)} - ${whyNot(disk)?.message ?? ''}`),
    hint: `Attach a disk of at least ${formatBytes(minimumDiskSize)}.`,
  });
}
