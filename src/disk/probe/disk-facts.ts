/**
 * What is known of one disk, put together: what lsblk lists of it, what is written on it, what is in use, and what is
 * stacked on it.
 */
import type { Host } from '../../host/ports.ts';
import type { PartitionFacts, Signature, StackedDevice } from '../facts.ts';
import type { UnjudgedDisk } from './content.ts';
import { idleArrays } from './idle-arrays.ts';
import type { BlockDevice } from './lsblk.ts';
import type { OnDisk } from './on-disk.ts';
import { stackedOn } from './stacked.ts';
import type { MachineUsage } from './usage.ts';

/** What is read once for all disks of the machine. */
export interface MachineDevices {
  /** Put before /sys; for tests. */
  readonly root: string;
  readonly devices: readonly BlockDevice[];
  readonly usage: MachineUsage;
  /** The links of udev by the path of the device. */
  readonly links: ReadonlyMap<string, readonly string[]>;
  /** By kernel name of a stacked device, the disks that it lies on. */
  readonly disksUnder: ReadonlyMap<string, readonly string[]>;
  /** By kernel name of a stacked device, the paths of what it lies on directly. */
  readonly standingOn: ReadonlyMap<string, readonly string[]>;
  /** Of stacked devices, by path. */
  readonly stackedSignatures: ReadonlyMap<string, Signature>;
  /** Kernel names of what the running system was started from. */
  readonly bootMedium: ReadonlySet<string>;
}

export async function diskFacts(
  host: Host,
  machine: MachineDevices,
  disk: BlockDevice,
  onDisk: OnDisk,
): Promise<UnjudgedDisk> {
  const signature = onDisk.signatures.get(disk.path);
  const parts = disk.children.filter((child) => child.type === 'part');
  const partitions = await Promise.all(parts.map((part) => partitionFacts(machine, disk, part, onDisk)));
  const ofDisk = await machine.usage.of(disk);
  const running = await Promise.all(
    stackedOn(disk).map((stacked) => stackedFacts(host, machine, disk, stacked)),
  );
  const holders = [ofDisk, ...partitions].flatMap((used) => used.holders);
  const idle = await idleArrays(host, machine.root, { disk, disks: machine.devices }, holders, running);
  return {
    path: disk.path,
    size: disk.size,
    logicalSectorSize: disk.logicalSectorSize,
    physicalSectorSize: disk.physicalSectorSize,
    ...(disk.model === undefined ? {} : { model: disk.model }),
    ...(disk.serial === undefined ? {} : { serial: disk.serial }),
    ...(disk.transport === undefined ? {} : { transport: disk.transport }),
    removable: disk.removable,
    readOnly: disk.readOnly,
    links: machine.links.get(disk.path) ?? [],
    ...(onDisk.tableType === undefined ? {} : { tableType: onDisk.tableType }),
    ...(signature === undefined ? {} : { signature }),
    partitions,
    ...ofDisk,
    stacked: [...running, ...idle],
    bootMedium: machine.bootMedium.has(disk.kernelName),
  };
}

async function stackedFacts(
  host: Host,
  machine: MachineDevices,
  disk: BlockDevice,
  device: BlockDevice,
): Promise<StackedDevice> {
  const signature = machine.stackedSignatures.get(device.path);
  const mapperId = await host.files
    .readText(`${machine.root}/sys/class/block/${device.kernelName}/dm/uuid`)
    .catch(() => '');
  const disksUnder = machine.disksUnder.get(device.kernelName) ?? [];
  return {
    kernelName: device.kernelName,
    path: device.path,
    type: device.type,
    mounts: (await machine.usage.of(device)).mounts,
    alsoOn: disksUnder.filter((path) => path !== disk.path),
    size: device.size,
    ...(signature === undefined ? {} : { signature }),
    on: machine.standingOn.get(device.kernelName) ?? [],
    ...(mapperId.trim() === '' ? {} : { mapperId: mapperId.trim() }),
  };
}

async function partitionFacts(
  { usage }: MachineDevices,
  disk: BlockDevice,
  device: BlockDevice,
  onDisk: OnDisk,
): Promise<PartitionFacts> {
  // nvme0n1p2 of nvme0n1, sda2 of sda
  const number = Number(device.kernelName.slice(disk.kernelName.length).replace(/^p/, ''));
  const entry = onDisk.entries.get(number);
  const type = entry?.type ?? device.partitionType;
  const name = entry?.name || device.partitionName;
  const signature = onDisk.signatures.get(device.path);
  return {
    path: device.path,
    number,
    start: device.start ?? 0,
    size: device.size,
    ...(type === undefined ? {} : { type }),
    ...(entry === undefined ? {} : { guid: entry.guid }),
    ...(name === undefined ? {} : { name }),
    ...(signature === undefined ? {} : { signature }),
    ...(await usage.of(device)),
  };
}
