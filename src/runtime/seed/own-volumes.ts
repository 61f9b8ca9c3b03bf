/**
 * The FAT partitions of the disk that the running system lies on: what sysfs and their boot sectors say. No other disk
 * counts, so that a stick that somebody plugs in has no say; and no udev is needed, which does not run yet in the phases
 * that ask.
 */
import { basename, join } from 'node:path';
import { espLabel } from '../../disk/layout/layout.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { decodeGpt } from '../../formats/partition-tables/gpt-decode.ts';
import { partitionTypes } from '../../formats/partition-tables/gpt-types.ts';
import { decodeMbr, mbrSize } from '../../formats/partition-tables/mbr.ts';
import { withFile } from '../../host/device-pieces.ts';
import type { Host } from '../../host/ports.ts';

export interface OwnVolume {
  /** `/dev/mmcblk0p1` */
  readonly device: string;
  readonly label: string;
  /**
   * An EFI system partition that is not ours on a disk with our state: it is of another system, which may have put files
   * of its own there.
   */
  readonly foreign: boolean;
}

/** What /run/bos/boot.json says of them; empty for none. */
export interface OwnDevices {
  readonly state: string;
  readonly medium: string;
}

interface Disk {
  /** Folder of sysfs. */
  readonly folder: string;
  /** The medium is all of it. */
  readonly whole: boolean;
}

/** More partitions than these are not looked at. */
const most = 32;

/** By the number of the partition. A disk or partition that cannot be read is left out. */
export async function ownVolumes(host: Host, root: string, devices: OwnDevices): Promise<OwnVolume[]> {
  const volumes: OwnVolume[] = [];
  for (const disk of await ownDisks(host, root, devices)) {
    for (const { name, number } of await partitionsOf(host, disk.folder)) {
      // The kernel writes a slash of a name so.
      const device = join('/dev', name.replaceAll('!', '/'));
      const info = await readable(host, root, device, (file) => probeFat(file));
      if (info === undefined) continue;
      const { label } = info;
      const foreign = !disk.whole && label !== espLabel && (await isEsp(host, root, disk.folder, number));
      volumes.push({ device, label, foreign });
    }
  }
  return volumes;
}

/** Below a state or a medium, whatever it is on: a partition, a whole disk, a mirror, a volume of LVM, the root itself. */
async function ownDisks({ files }: Host, root: string, { state, medium }: OwnDevices): Promise<Disk[]> {
  const disks = new Map<string, Disk>();
  const add = async (folder: string, depth = 0): Promise<void> => {
    const isPartition = await files.exists(join(folder, 'partition'));
    const disk = isPartition ? join(folder, '..') : folder;
    const below = depth < 4 ? await files.list(join(folder, 'slaves')) : [];
    for (const name of below) await add(await files.realPath(join(folder, 'slaves', name)), depth + 1);
    if (below.length === 0) disks.set(disk, { folder: disk, whole: !isPartition });
  };
  for (const device of [state, medium].filter(Boolean)) {
    const real = await files.realPath(join(root, device)).catch(() => device);
    const link = join(root, '/sys/class/block', basename(real));
    if (await files.exists(link)) await add(await files.realPath(link));
  }
  if (state === '' && medium === '')
    for (const number of await mountedNumbers({ files }, root)) {
      const link = join(root, '/sys/dev/block', number);
      if (await files.exists(link)) await add(await files.realPath(link));
    }
  return [...disks.values()];
}

/** Of what is mounted where a system over another one has its files: major and minor number (proc(5), mountinfo). */
async function mountedNumbers({ files }: Pick<Host, 'files'>, root: string): Promise<string[]> {
  const text = await files.readText(join(root, '/proc/self/mountinfo')).catch(() => '');
  const rows = text.split('\n').map((line) => line.split(' '));
  const places = ['/bos', '/var', '/run/bos/state', '/'];
  return [
    ...new Set(rows.flatMap(([, , number = '', , place = '']) => (places.includes(place) ? [number] : []))),
  ];
}

async function partitionsOf({ files }: Host, disk: string): Promise<{ name: string; number: number }[]> {
  const found: { name: string; number: number }[] = [];
  for (const name of await files.list(disk)) {
    const file = join(disk, name, 'partition');
    if (await files.exists(file)) found.push({ name, number: Number((await files.readText(file)).trim()) });
  }
  return found.toSorted((a, b) => a.number - b.number).slice(0, most);
}

async function isEsp(host: Host, root: string, disk: string, number: number): Promise<boolean> {
  const sectorSize = Number(
    (await host.files.readText(join(disk, 'queue/logical_block_size')).catch(() => '512')).trim(),
  );
  const type = await readable(host, root, join('/dev', basename(disk)), async (file) => {
    const gpt = await decodeGpt(file, sectorSize);
    const mbr = gpt === undefined ? decodeMbr(await file.read(0, mbrSize)) : undefined;
    return (
      gpt?.table.partitions.find((partition) => partition.number === number)?.type ??
      mbr?.partitions.find((partition) => partition.number === number)?.type
    );
  });
  // UEFI 2.10, tables 5.3 and 5.7.
  return type === partitionTypes.efiSystem || type === 0xef;
}

async function readable<T>(
  host: Host,
  root: string,
  device: string,
  read: (file: ByteSource) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await withFile(host, join(root, device), 'r', read);
  } catch {
    return undefined;
  }
}
