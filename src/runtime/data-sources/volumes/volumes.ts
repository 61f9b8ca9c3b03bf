/**
 * Disks and CDs that carry files for us, found by their labels and read without being mounted: ISO 9660 by our own
 * reader, FAT of every size by mtools.
 */
import { refused } from '../../../errors.ts';
import type { ByteSource } from '../../../formats/bytes.ts';
import { openIso } from '../../../formats/iso9660/image.ts';
import type { Host } from '../../../host/ports.ts';
import { userDataLimit } from '../services/metadata-service.ts';
import { readFatFiles } from './fat-volume.ts';

export interface Volume {
  readonly path: string;
  /** `rom`, `disk`, `part`, `loop`. */
  readonly type: string;
  readonly fileSystem: 'iso9660' | 'vfat';
  readonly label: string;
  /** Paths from the volume's root; undefined for files that are not there. Throws for damage and for large files. */
  read(paths: readonly string[]): Promise<(Uint8Array | undefined)[]>;
}

type Wanted = (volume: Volume) => boolean;

/** Those among `devices`, or what lsblk says; the medium of the running system is left out. Throws OpsError `lsblk-output` (refused). */
export async function findVolumes(
  host: Host,
  root: string,
  wanted: Wanted,
  devices?: readonly Device[],
): Promise<Volume[]> {
  const medium = await ownMedium(host, root);
  const volumes = (devices ?? (await listedDevices(host))).flatMap((device) => {
    const { path, type, fstype, label } = device;
    if (fstype !== 'iso9660' && fstype !== 'vfat') return [];
    const volume: Volume = {
      path,
      type,
      label,
      fileSystem: fstype,
      read: (paths) =>
        fstype === 'vfat' ? readFatFiles(host, path, paths) : readIsoFiles(host, path, paths),
    };
    return [volume];
  });
  // A partitioned ISO has its label on the disk and on a partition.
  return volumes.filter((volume) => volume.path !== medium && wanted(volume)).slice(0, volumeBudget.volumes);
}

export interface Device {
  readonly path: string;
  readonly type: string;
  readonly fstype: string;
  readonly label: string;
}

async function listedDevices(host: Host): Promise<Device[]> {
  const { stdout } = await host.processes.run(
    'lsblk',
    ['--json', '--list', '--output', 'PATH,TYPE,FSTYPE,LABEL'],
    // With no block device at all it fails and prints nothing.
    { timeoutMs: 20_000, okCodes: [0, 1] },
  );
  return parseDevices(stdout);
}

/** Without a schema, whose library would make up much of a phase's time. */
export function parseDevices(json: string): Device[] {
  if (json.trim() === '') return [];
  let rows: unknown;
  try {
    rows = Object(JSON.parse(json)).blockdevices;
  } catch (cause) {
    throw refused('lsblk-output', 'lsblk did not print JSON', { cause });
  }
  if (!Array.isArray(rows)) throw refused('lsblk-output', 'lsblk did not print a list of devices');
  return rows.map((row) => {
    const text = (name: string): string => {
      const value = Object(row)[name];
      return typeof value === 'string' ? value.trim() : '';
    };
    return { path: text('path'), type: text('type'), fstype: text('fstype'), label: text('label') };
  });
}

async function ownMedium(host: Host, root: string): Promise<string> {
  try {
    const { medium } = Object(JSON.parse(await host.files.readText(`${root}/run/bos/boot.json`)));
    return typeof medium === 'string' ? medium : '';
  } catch {
    // No such file in a test, and no medium in its lists.
    return '';
  }
}

/** The volumes that are read, and for how long each: they are other people's, and a CD with scratches takes minutes. */
const volumeBudget = { volumes: 16, ms: 20_000 } as const;

/** The same source, which refuses to give more when its time is over. */
function forSomeTime({ clock }: Host, device: string, source: ByteSource): ByteSource {
  const end = clock.monotonic() + volumeBudget.ms;
  return {
    get size() {
      return source.size;
    },
    read: async (offset, length) => {
      if (clock.monotonic() > end)
        throw refused('volume-slow', `${device} was not read within ${volumeBudget.ms / 1000} s`, {
          hint: 'The medium or its drive may be damaged.',
        });
      return source.read(offset, length);
    },
  };
}

async function readIsoFiles(host: Host, device: string, paths: readonly string[]) {
  const file = await host.files.open(device, 'r');
  try {
    return await filesOf(forSomeTime(host, device, file), device, paths);
  } finally {
    await file.close();
  }
}

async function filesOf(source: ByteSource, device: string, paths: readonly string[]) {
  const iso = await openIso(source, device);
  const contents: (Uint8Array | undefined)[] = [];
  for (const path of paths) {
    const entry = await iso.stat(path);
    contents.push(entry?.type === 'file' ? await iso.readFile(path, userDataLimit) : undefined);
  }
  return contents;
}
