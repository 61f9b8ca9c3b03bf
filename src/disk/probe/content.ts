/**
 * Decides what a disk carries. The rule is strict in one direction: only a disk that is certainly ours and
 * certainly not installed is `unfinished`, since such a disk is reused without asking.
 */
import { type BootEnvironment, belongsTo, parseBootEnvironment } from '../../boot/environment.ts';
import { OpsError } from '../../errors.ts';
import { partitionTypeName, partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import type { Host } from '../../host/ports.ts';
import type { DiskContent, DiskFacts, PartitionFacts } from '../facts.ts';
import { biosGrubName, espLabel, stateLabel } from '../layout/layout.ts';
import {
  type Look,
  missingFiles,
  readEnvironmentBlock,
  readInstalledManifest,
  readStateEnvironmentBlock,
} from './installation.ts';

export type UnjudgedDisk = Omit<DiskFacts, 'content' | 'contentSummary'>;

export interface Judgement {
  readonly content: DiskContent;
  readonly contentSummary: string;
}

/**
 * Reads what is needed of the disk and judges; never mounts and never writes. `unreadable` says why the disk does
 * not answer, if so: it may then hold anything.
 */
export async function judgeContent(host: Host, disk: UnjudgedDisk, unreadable?: string): Promise<Judgement> {
  if (unreadable !== undefined) return unknown(disk, unreadable);
  const esp = disk.partitions.find((partition) => belongs(partition, 'vfat', espLabel));
  const states = disk.partitions.filter((partition) => belongs(partition, 'ext4', stateLabel));
  const [state] = states;
  if (esp === undefined && state === undefined) return foreign(disk);
  // Which of them the boot finds is chance.
  if (states.length > 1) return damaged(`${states.length} partitions are labelled ${stateLabel}`);
  try {
    return await judgeOurs(host, disk, esp, state);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return unknown(disk, error.message);
  }
}

async function judgeOurs(
  host: Host,
  disk: UnjudgedDisk,
  esp: PartitionFacts | undefined,
  state: PartitionFacts | undefined,
): Promise<Judgement> {
  const environment = await environmentOf(host, esp, state);
  const mark = 'found' in environment ? environment.found.mark : undefined;
  if (mark === 'filling')
    return damaged(
      state === undefined
        ? 'an installation was not finished, and its state partition is missing'
        : `an installation to ${state.path} was not finished: run the same command again`,
    );
  if (mark === 'installing') return isWholeDiskLayout(disk) ? unfinished : foreign(disk);

  const manifest: Awaited<ReturnType<typeof readInstalledManifest>> =
    state?.signature?.type === 'ext4' ? await readInstalledManifest(host, state.path) : { absent: true };

  if ('found' in environment) {
    if (state === undefined) return damaged(`no partition ${stateLabel}`);
    if (!belongsTo(environment.found, state.signature?.uuid))
      return damaged(`${state.path} is not the file system that the boot loader looks for`);
    if ('absent' in manifest) return damaged(`${state.path} has no manifest`);
    if ('unreadable' in manifest) return damaged(manifest.unreadable);
    const missing = await missingFiles(host, state.path, manifest.found);
    if (missing.length > 0) return damaged(`${missing[0]} is missing or incomplete`);
    const { os, kernel } = environment.found;
    return { content: 'bhojpur', contentSummary: `Bhojpur OS ${os}, kernel ${kernel}` };
  }

  if (!('absent' in manifest)) return damaged('the boot loader has no valid mark');
  // Nothing is known to be there; but what cannot be read is not known to be empty.
  if ('unreadable' in environment && esp?.signature !== undefined && !environment.torn)
    return damaged(environment.unreadable);
  return isWholeDiskLayout(disk) ? unfinished : foreign(disk);
}

type EnvironmentLook =
  | { readonly found: BootEnvironment }
  | { readonly absent: true }
  | { readonly unreadable: string; readonly torn: boolean };

/**
 * The boot environment for `state`: that of the ESP when it names this file system, else the one on the file system
 * itself when that does, else what the ESP has. os/initrd/init looks in the same order.
 */
async function environmentOf(
  host: Host,
  esp: PartitionFacts | undefined,
  state: PartitionFacts | undefined,
): Promise<EnvironmentLook> {
  const onEsp: EnvironmentLook =
    esp?.signature?.type === 'vfat'
      ? understood(await readEnvironmentBlock(host, esp.path))
      : { absent: true };
  const uuid = state?.signature?.uuid;
  if (state?.signature?.type !== 'ext4' || ('found' in onEsp && belongsTo(onEsp.found, uuid))) return onEsp;
  const own = understood(await readStateEnvironmentBlock(host, state.path));
  return 'found' in own && belongsTo(own.found, uuid) ? own : onEsp;
}

/** A block that is there and makes no sense is `torn`: it was being written. */
function understood(block: Look<Uint8Array>): EnvironmentLook {
  if ('absent' in block) return block;
  if ('unreadable' in block) return { ...block, torn: false };
  try {
    return { found: parseBootEnvironment(block.found) };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return { unreadable: error.message, torn: true };
  }
}

/** What is believed to be there, and why it is not known. */
function unknown(disk: UnjudgedDisk, why: string): Judgement {
  const believed = foreign(disk);
  const seen = believed.content === 'empty' ? 'unknown' : believed.contentSummary;
  return { content: 'data', contentSummary: `${seen} (${why})` };
}

const unfinished: Judgement = {
  content: 'unfinished',
  contentSummary: 'an unfinished installation of Bhojpur OS',
};

function damaged(why: string): Judgement {
  return { content: 'damaged', contentSummary: `a damaged installation of Bhojpur OS: ${why}` };
}

/** By its file system, or by its name in the table while it has none. */
function belongs(partition: PartitionFacts, type: string, label: string): boolean {
  const { signature } = partition;
  return signature === undefined
    ? partition.name === label
    : signature.type === type && signature.label === label;
}

/** Exactly the three partitions that the installer makes, none of another type or with another file system. */
function isWholeDiskLayout(disk: UnjudgedDisk): boolean {
  const expected = [
    { type: partitionTypes.biosGrub, name: biosGrubName, fs: undefined },
    { type: partitionTypes.efiSystem, name: espLabel, fs: 'vfat' },
    { type: partitionTypes.linuxData, name: stateLabel, fs: 'ext4' },
  ];
  return (
    disk.tableType === 'gpt' &&
    disk.partitions.length === expected.length &&
    expected.every(({ type, name, fs }, index) => {
      const partition = disk.partitions[index];
      return (
        partition?.type === type &&
        partition.name === name &&
        (partition.signature === undefined || partition.signature.type === fs)
      );
    })
  );
}

/** What libblkid calls these is no word for a person. File systems keep their names. */
const words: Readonly<Record<string, string>> = {
  LVM1_member: 'LVM',
  LVM2_member: 'LVM',
  crypto_LUKS: 'LUKS (encrypted)',
  linux_raid_member: 'RAID',
  isw_raid_member: 'RAID (Intel)',
  ddf_raid_member: 'RAID (DDF)',
  zfs_member: 'ZFS',
  mpath_member: 'multipath',
  bcache: 'bcache',
  BitLocker: 'BitLocker (encrypted)',
};
/** A type of libblkid as people call it. */
export const inWords = (type: string) =>
  type
    .split('+')
    .map((name) => words[name] ?? name)
    .join('+');

/** What a partition without a file system is meant for, by its name or its type. */
export const meantFor = ({ name, type }: Pick<PartitionFacts, 'name' | 'type'>): string | undefined =>
  name ?? partitionTypeName(type ?? '');

/** What is on a disk that is not ours, in words. */
function foreign(disk: UnjudgedDisk): Judgement {
  const seen = [disk, ...disk.partitions].flatMap(({ signature }) =>
    signature === undefined
      ? []
      : [
          signature.label === undefined
            ? inWords(signature.type)
            : `${inWords(signature.type)} "${signature.label}"`,
        ],
  );
  if (seen.length === 0 && disk.partitions.length === 0) return { content: 'empty', contentSummary: 'empty' };
  const blank = disk.partitions.filter((partition) => partition.signature === undefined);
  const kinds = blank.map((partition) => meantFor(partition) ?? 'unknown');
  if (blank.length > 0) seen.push(`${blank.length} without a file system (${kinds.slice(0, 3).join(', ')})`);
  const shown = seen.slice(0, 6);
  if (seen.length > shown.length) shown.push(`${seen.length - shown.length} more`);
  return { content: 'data', contentSummary: shown.join(', ') };
}
