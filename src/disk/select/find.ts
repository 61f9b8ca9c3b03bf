/** The disk that somebody named: what the text means, and what is there under that name. */
import { type OpsError, refused, usage } from '../../errors.ts';
import { type DiskSelector, readDiskSelector } from '../../formats/disk-selector.ts';
import { describeDisk } from '../describe.ts';
import type { DiskFacts } from '../facts.ts';

/** What was asked for; throws `device-invalid` (usage) when it is neither a path nor criteria. */
export function selectorOf(requested: string | undefined): DiskSelector | undefined {
  if (requested === undefined) return undefined;
  const read = readDiskSelector(requested);
  if ('selector' in read) return read.selector;
  throw usage('device-invalid', `DEVICE ${requested}: ${read.expected}`, {
    hint: '`sudo opsctl disks` lists the disks.',
  });
}

/** The disk at a path or link. Throws `device-not-found`, `device-is-partition` (refused). */
export function findPath(disks: readonly DiskFacts[], path: string): DiskFacts {
  const disk = disks.find((candidate) => candidate.path === path || candidate.links.includes(path));
  if (disk !== undefined) return disk;
  const wholeLink = path.replace(/-part\d+$/, '');
  const parent = disks.find(
    (candidate) =>
      candidate.partitions.some((partition) => partition.path === path) ||
      (wholeLink !== path && candidate.links.includes(wholeLink)),
  );
  if (parent === undefined) throw notFound(disks, `${path} is not a disk on this machine`);
  throw refused('device-is-partition', `${path} is a partition; name a whole disk`, {
    details: [describeDisk(parent)],
    hint: `Name the disk: ${parent.path}. Everything on it will be lost.`,
  });
}

export function notFound(disks: readonly DiskFacts[], message: string): OpsError {
  return refused('device-not-found', message, {
    details: disks.length === 0 ? ['no disk was found'] : disks.map((disk) => `found: ${describeDisk(disk)}`),
    hint: 'Check the name, and that the disk is attached.',
  });
}

/** Why nothing may be written to a disk, whatever it is to become. `obstacles` are lines that say what uses it. */
export function unusable(
  disk: DiskFacts,
  obstacles: readonly string[],
  hints: { readonly medium: string; readonly inUse: string },
): OpsError | undefined {
  const details = [describeDisk(disk)];
  if (disk.bootMedium)
    return refused('device-is-medium', `${disk.path} is the disk that this system was started from`, {
      details,
      hint: hints.medium,
    });
  if (obstacles.length > 0)
    return refused('device-in-use', `${disk.path} is in use`, { details: obstacles, hint: hints.inUse });
  if (!disk.readOnly) return undefined;
  return refused('device-read-only', `${disk.path} is write-protected`, {
    details,
    hint: 'Remove the write protection or choose another disk.',
  });
}
