/**
 * The disks of a machine: what lsblk lists, what wipefs finds on them, what is mounted and stacked, which of them
 * the system was started from, and what each carries. Reads only.
 */
import type { Host } from '../../host/ports.ts';
import type { DiskFacts } from '../facts.ts';
import { settleOthers } from '../settle.ts';
import { bootMediumDevices } from './boot-medium.ts';
import type { BootRecord } from './boot-record.ts';
import { judgeContent } from './content.ts';
import { diskFacts, type MachineDevices } from './disk-facts.ts';
import { type BlockDevice, flatten, listBlockDevices } from './lsblk.ts';
import { lookAtDisk, readSignatures } from './on-disk.ts';
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
  await settleOthers(host);
  const machine = await machineDevices(host, record, options.root ?? '');
  const disks = machine.devices.filter((device) => isDisk(device, options.loops ?? false));
  return Promise.all(
    disks.map(async (disk) => {
      const onDisk = await lookAtDisk(host, disk);
      const seen = await diskFacts(host, machine, disk, onDisk);
      return { ...seen, ...(await judgeContent(host, seen, onDisk.unreadable)) };
    }),
  );
}

async function machineDevices(
  host: Host,
  record: BootRecord | undefined,
  root: string,
): Promise<MachineDevices> {
  const devices = await listBlockDevices(host);
  const usage = await readUsage(host, root);
  const bootMedium = bootMediumDevices({
    devices,
    mounts: usage.mounts,
    backingFiles: await backingFiles(host, root, devices),
    ...(await bootPlaces(host, record)),
  });
  return {
    ...{ root, devices, usage, bootMedium },
    links: await linksByDevice(host, root),
    disksUnder: disksUnder(devices),
    standingOn: standingOn(devices),
    stackedSignatures: await readSignatures(host, uniqueStacked(devices)),
  };
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
