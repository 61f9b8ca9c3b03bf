/**
 * File systems on LVM and RAID: what has to be activated before one of them can be mounted, and why some cannot be
 * started from. Both the boot loader and the initrd must be able to do it: LVM whose volumes lie in one piece after
 * the other on disks, and mirrors (RAID1) of md. Pure.
 */
import type { DiskFacts, PartitionFacts, StackedDevice } from '../../disk/facts.ts';

/** A file system on LVM or RAID, and what it takes to see it. */
export interface Volume {
  readonly device: StackedDevice;
  /** The disks that it lies on. */
  readonly disks: readonly DiskFacts[];
  /** UUIDs of md arrays, as libblkid writes them, and of a logical volume, as LVM does. */
  readonly arrays: readonly string[];
  readonly logicalVolume?: string;
  /** Each of the disks has all of it. */
  readonly mirrored: boolean;
  /** Why it cannot be started from: the end of a sentence. */
  readonly unusable?: string;
}

/** What is there of LVM, RAID and encryption, each device once; as a partition, so that it can be installed to. */
export function volumesOf(
  disks: readonly DiskFacts[],
): { readonly disk: DiskFacts; readonly partition: PartitionFacts; readonly volume: Volume }[] {
  const found = new Map<string, StackedDevice>();
  for (const device of disks.flatMap((disk) => disk.stacked))
    found.set(device.kernelName, found.get(device.kernelName) ?? device);
  return [...found.values()].flatMap((device) => {
    const under = disks.filter(({ stacked }) =>
      stacked.some(({ kernelName }) => kernelName === device.kernelName),
    );
    const [disk] = under;
    if (disk === undefined) return [];
    const holders = [...found.values()].filter(({ on = [] }) => on.includes(device.path));
    const partition: PartitionFacts = {
      path: device.path,
      number: 0,
      start: 0,
      size: device.size ?? 0,
      ...(device.signature === undefined ? {} : { signature: device.signature }),
      mounts: device.mounts,
      holders: holders.map(({ kernelName }) => kernelName),
    };
    return [{ disk, partition, volume: describeVolume(device, under, found) }];
  });
}

type Stacked = ReadonlyMap<string, StackedDevice>;
type Way =
  | { readonly arrays: readonly string[]; readonly logicalVolume?: string; readonly mirrored: boolean }
  | { readonly unusable: string };

function describeVolume(device: StackedDevice, disks: readonly DiskFacts[], all: Stacked): Volume {
  const way = wayTo(device, disks, all);
  return 'unusable' in way
    ? { device, disks, arrays: [], mirrored: false, unusable: way.unusable }
    : { device, disks, ...way };
}

/** What has to be activated to see a device, the lowest first. */
function wayTo(device: StackedDevice, disks: readonly DiskFacts[], all: Stacked): Way {
  const { type, on } = device;
  if (on === undefined) return { unusable: 'these facts do not say what it is on' };
  if (type === 'raid1') return mirror(on, disks);
  if (type === 'lvm') return logicalVolume(device, on, disks, all);
  const [parent] = stackedAmong(on, all);
  if (type === 'part' && parent !== undefined) return wayTo(parent, disks, all);
  return { unusable: reasonAgainst(type) };
}

const stackedAmong = (paths: readonly string[], all: Stacked): StackedDevice[] =>
  [...all.values()].filter(({ path }) => paths.includes(path));

function mirror(on: readonly string[], disks: readonly DiskFacts[]): Way {
  const members = disks
    .flatMap((disk) => [disk, ...disk.partitions])
    .filter(({ path }) => on.includes(path))
    .map(({ signature }) => signature);
  if (members.length < on.length) return { unusable: 'its members are not disks or partitions' };
  const [first] = members;
  // Of formats 0.90 and 1.0 the file system shows on the member, too.
  const isMd = members.every((member) => member?.type.split('+').includes('linux_raid_member') === true);
  if (!isMd || first?.uuid === undefined)
    return { unusable: 'its members have the metadata of a controller, not of Linux (md)' };
  return { arrays: [first.uuid], mirrored: true };
}

/** LVM's identifier of a volume that is whole in itself: two UUIDs of 32 letters and digits; its inner parts have more. */
const volumeId = /^LVM-[A-Za-z0-9]{32}([A-Za-z0-9]{32})$/;
/** How LVM writes a UUID. */
const inGroups = /^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/;

function logicalVolume(
  { mapperId = '' }: StackedDevice,
  on: readonly string[],
  disks: readonly DiskFacts[],
  all: Stacked,
): Way {
  const [, uuid] = volumeId.exec(mapperId) ?? [];
  if (uuid === undefined) return { unusable: 'it is part of another LVM volume' };
  const below = stackedAmong(on, all);
  // A snapshot, a thin, cached, mirrored or compressed volume lies on such parts.
  if (below.some(({ type }) => type === 'lvm'))
    return {
      unusable: 'the boot loader cannot read LVM snapshots or thin, cached, mirrored or RAID volumes',
    };
  const ways = below.map((device) => wayTo(device, disks, all));
  const arrays: string[] = [];
  for (const way of ways) {
    if ('unusable' in way) return way;
    arrays.push(...way.arrays);
  }
  const logicalVolume = uuid.replace(inGroups, '$1-$2-$3-$4-$5-$6-$7');
  return { arrays, logicalVolume, mirrored: below.length === 1 && on.length === 1 };
}

function reasonAgainst(type: string): string {
  if (type === 'crypt') return 'it is encrypted, and nobody could give the passphrase at boot';
  if (type === 'mpath') return 'the initrd cannot assemble multipath devices';
  if (type === 'md') return 'the array is not running: some of its members are missing';
  if (/^raid|^linear|^md/.test(type)) return `the initrd assembles only mirrors (raid1), and this is ${type}`;
  if (type === 'bcache') return 'the initrd cannot register caches (bcache)';
  return `the initrd cannot set up a device of type "${type}", only LVM and md mirrors (raid1)`;
}

/** What the initrd is told to activate: kernel arguments. */
export const volumeArguments = ({ arrays, logicalVolume }: Volume): string[] => [
  ...(arrays.length === 0 ? [] : [`bos.md=${arrays.join(',')}`]),
  ...(logicalVolume === undefined ? [] : [`bos.lv=${logicalVolume}`]),
];
