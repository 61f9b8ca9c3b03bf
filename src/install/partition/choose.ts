/**
 * Which file system to install to without formatting anything: the partition that was named, or the only one that is
 * labelled BOS_STATE. Pure; refuses rather than guesses.
 */
import { describeDisk } from '../../disk/describe.ts';
import type { DiskFacts, MachineFacts, PartitionFacts } from '../../disk/facts.ts';
import { stateLabel } from '../../disk/layout/layout.ts';
import { type OpsError, refused, usage } from '../../errors.ts';
import { readDiskSelector } from '../../formats/disk-selector.ts';
import { formatBytes } from '../../formats/size.ts';
import { type Volume, volumesOf } from './volume.ts';

export interface ChosenPartition {
  readonly disk: DiskFacts;
  /** Of a volume, what a partition has: its number is 0. */
  readonly partition: PartitionFacts;
  /** It lies on LVM or RAID: `disk` is the first of the disks. */
  readonly volume?: Volume;
}

const listHint = '`sudo opsctl facts` lists the disks and partitions.';

/**
 * `requested` is a path of /dev; `real` is where that leads, when it is a link. Throws OpsError (usage)
 * `device-invalid`; (refused) `device-not-found`, `device-is-disk`, `volume-unusable`, `state-missing`,
 * `state-ambiguous`, `device-is-medium`, `device-in-use`, `device-read-only`, `not-ext4`.
 */
export function choosePartition(
  { disks }: Pick<MachineFacts, 'disks'>,
  requested?: string,
  real = requested,
): ChosenPartition {
  const all = allPartitions(disks);
  const labelled = all.filter(
    ({ disk, partition: { signature, holders }, volume }) =>
      !disk.bootMedium &&
      // What a device lies on may show the same file system.
      (volume === undefined || holders.length === 0) &&
      signature?.type === 'ext4' &&
      signature.label === stateLabel,
  );
  const chosen = requested === undefined ? onlyOne(labelled) : named(disks, all, requested, real);
  const reason = whyNot(chosen);
  if (reason !== undefined) throw reason;
  const others = labelled.filter(
    (other) =>
      other.partition !== chosen.partition &&
      disksUnder(other).some((disk) => disksUnder(chosen).includes(disk)),
  );
  // The boot looks on its own disk first, and must not have to choose there.
  if (others.length > 0) throw ambiguous([chosen, ...others], 'would be');
  return chosen;
}

/** Every partition and volume of the machine, whatever is on it. */
export const allPartitions = (disks: readonly DiskFacts[]): ChosenPartition[] => [
  ...disks.flatMap((disk) => disk.partitions.map((partition) => ({ disk, partition }))),
  ...volumesOf(disks),
];

/** All disks that a choice lies on. */
export const disksUnder = ({ disk, volume }: ChosenPartition): readonly DiskFacts[] =>
  volume?.disks ?? [disk];

function onlyOne(labelled: readonly ChosenPartition[]): ChosenPartition {
  const [only, ...others] = labelled;
  if (only === undefined)
    throw refused('state-missing', `No partition is labelled ${stateLabel}, and none was named`, {
      hint: `Name one with an ext4 file system, or label it with \`e2label /dev/PARTITION ${stateLabel}\`. ${listHint}`,
    });
  if (others.length > 0) throw ambiguous(labelled, 'are');
  return only;
}

const ambiguous = (found: readonly ChosenPartition[], are: string): OpsError =>
  refused('state-ambiguous', `${found.length} partitions ${are} labelled ${stateLabel}`, {
    details: found.map(describePartition),
    hint: 'It would be chance which one boots: give all but one another label (e2label), or name one on another disk.',
  });

function named(
  disks: readonly DiskFacts[],
  all: readonly ChosenPartition[],
  requested: string,
  real = requested,
): ChosenPartition {
  const read = readDiskSelector(requested);
  if (!('selector' in read) || read.selector.kind !== 'path')
    throw usage('device-invalid', `DEVICE ${requested}: --no-format needs the path of a partition`, {
      hint: `Such as /dev/vda2. ${listHint}`,
    });
  const found = all.find(
    ({ disk, partition, volume }) =>
      [requested, real].some((name) => name === partition.path || name === kernelPath(volume)) ||
      disk.links.some((link) => requested === `${link}-part${partition.number}`),
  );
  if (found !== undefined) return found;
  const disk = disks.find(
    (candidate) => [requested, real].includes(candidate.path) || candidate.links.includes(requested),
  );
  if (disk !== undefined)
    throw refused('device-is-disk', `${requested} is a whole disk, but --no-format installs to a partition`, {
      details: disk.partitions.map((partition) => describePartition({ disk, partition })),
      hint: 'Name one of its partitions, or leave out --no-format to erase the whole disk.',
    });
  throw refused('device-not-found', `${requested} is not a partition on this machine`, {
    details: all.map((choice) => `seen: ${describePartition(choice)}`),
    hint: listHint,
  });
}

const kernelPath = (volume: Volume | undefined) => volume && `/dev/${volume.device.kernelName}`;

/** Why this one cannot be installed to, whoever named it. */
function whyNot(chosen: ChosenPartition): OpsError | undefined {
  const { disk, partition, volume } = chosen;
  const { path, signature, mounts, holders } = partition;
  const details = [describePartition(chosen)];
  if (volume?.unusable !== undefined)
    return refused('volume-unusable', `${path} cannot be installed to: ${volume.unusable}`, {
      details: volume.device.size === undefined ? [] : details,
      hint: 'Name a partition of a disk, a linear logical volume of LVM, or a mirror (RAID1) of md.',
    });
  if (disk.bootMedium)
    return refused('device-is-medium', `${path} is on the disk that this system was started from`, {
      details,
      hint: 'Install to another disk, or start the installer from another medium.',
    });
  if (mounts.length > 0 || holders.length > 0)
    return refused('device-in-use', `${path} is in use: ${[...mounts, ...holders].join(', ')}`, {
      details,
      hint: 'Unmount it, or stop what is built on it, and run the command again.',
    });
  const locked = disksUnder(chosen).find(({ readOnly }) => readOnly);
  if (locked !== undefined)
    return refused('device-read-only', `${locked.path} is write-protected`, { details });
  if (signature?.type === 'ext4') return undefined;
  return refused(
    'not-ext4',
    `${path} has ${signature === undefined ? 'no file system' : `${signature.type}, not ext4`}`,
    {
      details,
      hint: `--no-format formats nothing. To make one, which erases the partition: \`mkfs.ext4 -L ${stateLabel} -O ^metadata_csum_seed,^orphan_file ${path}\`.`,
    },
  );
}

/** `/dev/vda2, 8 GB: ext4 "data" (on /dev/vda: 20 GB …)` */
export function describePartition(chosen: ChosenPartition): string {
  const { partition } = chosen;
  const { path, size, signature, name } = partition;
  const what = signature?.type ?? name ?? 'no file system';
  const label = signature?.label === undefined ? '' : ` "${signature.label}"`;
  const on = disksUnder(chosen)
    .map((disk) => describeDisk({ ...disk, contentSummary: '', stacked: [] }).replace(/: $/, ''))
    .join('; ');
  return `${path}, ${formatBytes(size)}: ${what}${label} (on ${on})`;
}
