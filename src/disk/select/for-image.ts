/**
 * Which disk to write somebody's image to: a removable one, or a fixed one with force. What is mounted or in any other
 * use is never taken, nor what this system was started from: nobody looks after such a disk while it is written. Pure.
 */
import { type OpsError, refused } from '../../errors.ts';
import { formatBytes } from '../../formats/size.ts';
import { describeDisk } from '../describe.ts';
import type { DiskFacts, MachineFacts } from '../facts.ts';
import { obstaclesOf, swapsOf } from '../probe/stacked.ts';
import { findPath, notFound, selectorOf, unusable } from './find.ts';
import { matchingDisks, ranked } from './match.ts';
import type { Choice } from './select.ts';

export interface ImageDiskOptions {
  /** A fixed disk may be taken. */
  readonly force: boolean;
  /** Paths of cards, which the kernel does not call removable. */
  readonly cards: readonly string[];
}

/** Its ends are written last, each a MiB; whatever is smaller is not a disk that somebody flashes. */
const smallest = 4 * 2 ** 20;

/**
 * Chooses among the disks of `facts`; `requested` is a path, a link of /dev/disk or criteria. Throws OpsError (usage)
 * `device-invalid`; (refused) `device-not-found`, `device-is-partition`, `device-is-medium`, `device-in-use`,
 * `device-read-only`, `device-fixed`, `disk-too-small`, `no-disk`.
 */
export function chooseImageDisk(
  { disks }: Pick<MachineFacts, 'disks'>,
  requested: string | undefined,
  options: ImageDiskOptions,
): Choice {
  const selector = selectorOf(requested);
  if (selector?.kind === 'path') return { disk: writable(findPath(disks, selector.path), options) };
  const matching = selector === undefined ? disks : matchingDisks(disks, selector);
  const [first, ...others] = matching;
  if (first === undefined && selector !== undefined) throw notFound(disks, `No disk matches ${requested}`);
  if (selector !== undefined && first !== undefined && others.length === 0) writable(first, options);
  const candidates = matching.filter((disk) => whyNot(disk, options) === undefined);
  if (candidates.length === 0) throw noDisk(matching, options);
  const chosen = selector === undefined ? candidates : ranked(candidates, selector);
  const [only, ...rest] = chosen;
  return only !== undefined && rest.length === 0 ? { disk: only } : { choices: chosen };
}

/** Why disks are not among those to choose from, a line for each. */
export const imageDisksLeftOut = (
  { disks }: Pick<MachineFacts, 'disks'>,
  options: ImageDiskOptions,
): string[] => disks.flatMap((disk) => whyNot(disk, options)?.message ?? []);

function writable(disk: DiskFacts, options: ImageDiskOptions): DiskFacts {
  const reason = whyNot(disk, options);
  if (reason !== undefined) throw reason;
  return disk;
}

function whyNot(disk: DiskFacts, options: ImageDiskOptions): OpsError | undefined {
  const reason = unusable(disk, usesOf(disk), {
    medium: 'Name another disk.',
    inUse: 'Unmount it, or stop what is built on it, and run the command again.',
  });
  if (reason !== undefined) return reason;
  if (disk.size < smallest)
    return refused('disk-too-small', `${disk.path} is too small: ${formatBytes(disk.size)}`, {
      hint: 'Use a larger disk.',
    });
  if (options.force || isRemovable(disk, options.cards)) return undefined;
  return refused('device-fixed', `${disk.path} is a fixed disk, not a removable one`, {
    details: [describeDisk(disk)],
    hint: 'Check that it is the one you mean; --force writes to a fixed disk, too.',
  });
}

/** What the installer would stop counts, too. */
const usesOf = (disk: DiskFacts): string[] => [
  ...new Set([
    ...obstaclesOf({ ...disk, stacked: [] }),
    ...disk.stacked.flatMap(({ path, mounts }) => [
      `${path} is active on it`,
      ...mounts.map((point) => `${path} is mounted on ${point}`),
    ]),
    ...swapsOf(disk).map((path) => `${path} is used as swap`),
  ]),
];

/** USB disks without the flag are those in cases: they can be pulled out like any other. */
export const isRemovable = (disk: DiskFacts, cards: readonly string[]): boolean =>
  disk.removable || disk.transport === 'usb' || cards.includes(disk.path);

function noDisk(disks: readonly DiskFacts[], options: ImageDiskOptions): OpsError {
  return refused('no-disk', 'There is no removable disk to write to', {
    details: disks.map((disk) => `${describeDisk(disk)} - ${whyNot(disk, options)?.message ?? ''}`),
    hint: 'Plug one in, or name a disk; --force takes a fixed disk, too.',
  });
}
