/**
 * The disks of a machine: what lsblk lists, what wipefs finds on them, what is mounted and stacked, which of them
 * the system was started from, and what each carries. Reads only.
 */
import type { Host } from '../../host/ports.ts';
import type { DiskFacts, PartitionFacts, StackedDevice } from '../facts.ts';
import { settleDevices } from '../settle.ts';
import { bootMediumDevices } from './boot-medium.ts';
import type { BootRecord } from './boot-record.ts';
import { judgeContent, type UnjudgedDisk } from './content.ts';
import { idleArrays } from './idle-arrays.ts';
import { type BlockDevice, flatten, listBlockDevices } from './lsblk.ts';
import { lookAtDisk, type OnDisk, readSignatures } from './on-disk.ts';
import { disksUnder, stackedOn, standingOn } from './stacked.ts';
import { readUsage } from './usage.ts';

export interface ProbeOptions {
  /** Put before /sys, /proc, /run and /dev/disk; for tests. */
  readonly root?: string;
  /** Loop devices count as disks. */
  readonly loops?: boolean;
}

/** The disks of this machine, in the order of lsblk: none of RAM, optical drives, floppies, boot areas of eMMC. */
export async function probeDisks(
  host: Host,
  record: BootRecord | undefined,
  options: ProbeOptions = {},
): Promise<DiskFacts[]> {
  const root = options.root ?? '';
  await settleDevices(host);
  const devices = await listBlockDevices(host);
  const usage = await readUsage(host, root);
  const underBoot = bootMediumDevices({
    devices,
    mounts: usage.mounts,
    backingFiles: await backingFiles(host, root, devices),
    ...(await bootPlaces(host, record)),
  });
  const links = await linksByDevice(host, root);
  const under = disksUnder(devices);
  const on = standingOn(devices);
  const stackedSignatures = await readSignatures(host, uniqueStacked(devices));

  return Promise.all(
    devices
      .filter((device) => isDisk(device, options.loops ?? false))
      .map(async (device) => {
        const onDisk = await lookAtDisk(host, device);
        const seen = await describe(device, onDisk);
        return { ...seen, ...(await judgeContent(host, seen, onDisk.unreadable)) };
      }),
  );

  async function describe(device: BlockDevice, onDisk: OnDisk): Promise<UnjudgedDisk> {
    const signature = onDisk.signatures.get(device.path);
    const parts = device.children.filter((child) => child.type === 'part');
    const partitions = await Promise.all(parts.map((part) => partitionFacts(device, part, onDisk)));
    const ofDisk = await usage.of(device);
    const running = await Promise.all(stackedOn(device).map((stacked) => stackedFacts(device, stacked)));
    const holders = [ofDisk, ...partitions].flatMap((used) => used.holders);
    const idle = await idleArrays(host, root, { disk: device, disks: devices }, holders, running);
    return {
      path: device.path,
      size: device.size,
      logicalSectorSize: device.logicalSectorSize,
      physicalSectorSize: device.physicalSectorSize,
      ...(device.model === undefined ? {} : { model: device.model }),
      ...(device.serial === undefined ? {} : { serial: device.serial }),
      ...(device.transport === undefined ? {} : { transport: device.transport }),
      removable: device.removable,
      readOnly: device.readOnly,
      links: links.get(device.path) ?? [],
      ...(onDisk.tableType === undefined ? {} : { tableType: onDisk.tableType }),
      ...(signature === undefined ? {} : { signature }),
      partitions,
      ...ofDisk,
      stacked: [...running, ...idle],
      bootMedium: underBoot.has(device.kernelName),
    };
  }

  async function stackedFacts(disk: BlockDevice, device: BlockDevice): Promise<StackedDevice> {
    const signature = stackedSignatures.get(device.path);
    const mapperId = await host.files
      .readText(`${root}/sys/class/block/${device.kernelName}/dm/uuid`)
      .catch(() => '');
    return {
      kernelName: device.kernelName,
      path: device.path,
      type: device.type,
      mounts: (await usage.of(device)).mounts,
      alsoOn: (under.get(device.kernelName) ?? []).filter((path) => path !== disk.path),
      size: device.size,
      ...(signature === undefined ? {} : { signature }),
      on: on.get(device.kernelName) ?? [],
      ...(mapperId.trim() === '' ? {} : { mapperId: mapperId.trim() }),
    };
  }

  async function partitionFacts(
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
}

/** What is stacked on any disk, each once. */
function uniqueStacked(devices: readonly BlockDevice[]): BlockDevice[] {
  const all = new Map(devices.flatMap(stackedOn).map((device) => [device.kernelName, device]));
  return [...all.values()];
}

/** Memory, compressed memory, floppies, optical drives; the small boot and replay areas of eMMC. */
const notInstallable = /^(ram|zram|fd|sr|loop)\d+$|^mmcblk\d+(boot\d+|rpmb)$/;

function isDisk(device: BlockDevice, loops: boolean): boolean {
  if (device.size === 0) return false;
  if (device.type === 'loop') return loops;
  return device.type === 'disk' && !notInstallable.test(device.kernelName);
}

async function bootPlaces(
  host: Host,
  record: BootRecord | undefined,
): Promise<{ bootDevices: string[]; bootMounts: string[] }> {
  if (record === undefined) return { bootDevices: [], bootMounts: [] };
  const named = [record.medium, record.state].filter((path) => path !== '');
  const bootDevices = await Promise.all(named.map((path) => host.files.realPath(path).catch(() => path)));
  return { bootDevices, bootMounts: [record.mediumRoot, '/run/bos/state'].filter((path) => path !== '') };
}

async function backingFiles(
  host: Host,
  root: string,
  devices: readonly BlockDevice[],
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { kernelName, type } of flatten(devices)) {
    if (type !== 'loop') continue;
    const file = await host.files
      .readText(`${root}/sys/class/block/${kernelName}/loop/backing_file`)
      .catch(() => '');
    if (file.trim() !== '') files.set(kernelName, file.replace(/\n$/, ''));
  }
  return files;
}

/** The links of udev in /dev/disk by the device they lead to. */
async function linksByDevice(host: Host, root: string): Promise<Map<string, string[]>> {
  const links = new Map<string, string[]>();
  for (const folder of ['/dev/disk/by-id', '/dev/disk/by-path']) {
    for (const name of await host.files.list(`${root}${folder}`)) {
      const path = `${folder}/${name}`;
      const target = await host.files.realPath(`${root}${path}`).catch(() => undefined);
      if (target === undefined) continue;
      const device = target.slice(root.length);
      links.set(device, [...(links.get(device) ?? []), path]);
    }
  }
  return links;
}
