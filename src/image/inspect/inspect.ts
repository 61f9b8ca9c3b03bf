/** `opsctl image inspect`: what a disk image says of itself, ours or somebody else's, as plain data. Reads only. */
import { createHash } from 'node:crypto';
import { type DiskPartitions, partitionsOf } from '../../disk/image-partitions.ts';
import { espLabel, stateLabel } from '../../disk/layout/layout.ts';
import { refused } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import type { Ext4Reader } from '../../formats/filesystems/ext4-reader.ts';
import { isStartedFirst } from '../../iso/inspect/loaders.ts';
import type { Manifest } from '../../media/manifest.ts';
import { type VirtualDisk, virtualDisk } from '../virtual-disk.ts';
import { biosCode, type EfiLoader, efiLoaders } from './boots.ts';
import { type InstalledSystem, readSystem } from './system.ts';

export interface ImageReport extends Omit<DiskPartitions, 'faults'> {
  readonly v: 1;
  readonly name: string;
  readonly format: VirtualDisk['format'];
  /** Bytes of the file, and of the disk in it. */
  readonly fileSize: number;
  readonly size: number;
  /** What a BIOS starts; null for nothing. */
  readonly bios: string | null;
  readonly loaders: readonly EfiLoader[];
  readonly secureBoot: boolean;
  /** What of Bhojpur OS is on it; null for somebody else's. */
  readonly system: InstalledSystem | null;
  /** Every file was compared with its digest. */
  readonly compared: boolean;
  /** What is wrong with it, in words. */
  readonly faults: readonly string[];
}

export interface InspectOptions {
  /** Files of the system are not compared with their digests. */
  readonly quick?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Throws OpsError (refused) `image-empty`, `image-packed`, `image-damaged`, `image-unsupported`, `gpt-invalid`; whatever else is wrong
 * is a fault of the report.
 */
export async function inspectImage(
  file: ByteSource,
  name: string,
  { quick = false, signal }: InspectOptions = {},
): Promise<ImageReport> {
  if (file.size === 0) throw refused('image-empty', `${name} is empty`, { hint: 'Fetch or make it again.' });
  const { format, disk } = await virtualDisk(file, name);
  const { faults: tableFaults, ...table } = await partitionsOf(disk);
  const loaders = await efiLoaders(disk, table.partitions);
  const esp = table.partitions.find(({ name: own }) => own === espLabel);
  const state = table.partitions.find(({ name: own }) => own === stateLabel);
  const found = esp === undefined ? undefined : await readSystem(disk, esp, state);
  const { system = null, manifest = null, state: reader = null, faults = [] } = found ?? {};
  const compares = !quick && manifest !== null && reader !== null && faults.length === 0;
  const digestFaults = compares ? await compare(manifest, reader, signal) : [];
  return {
    ...{ v: 1, name, format, fileSize: file.size, size: disk.size },
    ...table,
    bios: await biosCode(disk),
    loaders,
    secureBoot: loaders.some(({ path, signed }) => signed && isStartedFirst(path)),
    system,
    compared: compares,
    faults: [...sizeFaults(disk.size), ...tableFaults, ...faults, ...digestFaults],
  };
}

/** A disk has whole sectors (the smallest have 512 bytes); what has not was cut off, or is something else. */
const sizeFaults = (size: number): string[] =>
  size % 512 === 0
    ? []
    : [`its size is not one of a disk: ${size} bytes are not a whole number of sectors of 512 bytes`];

const pieceSize = 2 ** 20;

async function compare(manifest: Manifest, state: Ext4Reader, signal?: AbortSignal): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, sha256 } of manifest.files) {
    const file = await state.open(path);
    const hash = createHash('sha256');
    for (let done = 0; file !== undefined && done < file.size; done += pieceSize) {
      signal?.throwIfAborted();
      hash.update(await file.read(done, pieceSize));
    }
    if (hash.digest('hex') !== sha256) faults.push(`${path} is not what the manifest says`);
  }
  return faults;
}
