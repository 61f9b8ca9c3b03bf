/** The root file system of the running system: what it is and what it lies on, from /proc and /sys. */
import { readMounts } from '../../disk/probe/usage.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import type { Host } from '../../host/ports.ts';
import type { RootDeviceKind, RootFacts, TakeoverFacts } from './facts.ts';

/** Reads below `rootFolder`, which is empty on a running system. */
export async function probeRoot(
  host: Host,
  rootFolder: string,
): Promise<Pick<TakeoverFacts, 'root' | 'mounts'>> {
  const lines = await readMounts(host, rootFolder);
  // The last one covers those before it.
  const top = lines.findLast(({ mountPoint }) => mountPoint === '/');
  if (top === undefined) return { root: { ...nothing }, mounts: [] };
  const device = await deviceOf(host, rootFolder, top.number);
  const uuid = device === undefined ? undefined : await uuidOf(host, `${rootFolder}${device.path}`);
  return {
    root: {
      fsType: top.fsType,
      source: top.source,
      readOnly: top.readOnly,
      whole: top.folder === '/',
      ...(device === undefined ? {} : { device }),
      ...(uuid === undefined ? {} : { uuid }),
    },
    mounts: lines
      // Only what a device carries; number 0 is that of file systems without one.
      .filter(({ mountPoint, number }) => mountPoint !== '/' && !number.startsWith('0:'))
      .map(({ mountPoint, source }) => ({ mountPoint, source })),
  };
}

const nothing = { fsType: 'unknown', source: '', readOnly: true, whole: false } as const;

async function deviceOf(host: Host, rootFolder: string, number: string): Promise<RootFacts['device']> {
  const { files } = host;
  const entry = await files.realPath(`${rootFolder}/sys/dev/block/${number}`).catch(() => undefined);
  if (entry === undefined) return undefined;
  const parts = entry.split('/');
  const name = parts.at(-1) ?? '';
  const kind = await kindOf(host, entry, name);
  const path = `/dev/${name.replaceAll('!', '/')}`;
  return kind === 'partition'
    ? { path, kind, disk: `/dev/${parts.at(-2)?.replaceAll('!', '/')}` }
    : { path, kind };
}

async function kindOf({ files }: Host, entry: string, name: string): Promise<RootDeviceKind> {
  // Of a stacked device too: a partition on RAID is not what a firmware reads.
  if (await files.exists(`${entry}/partition`))
    return (await files.exists(`${entry}/../md`)) || (await files.exists(`${entry}/../dm`))
      ? 'raid'
      : 'partition';
  if (await files.exists(`${entry}/md`)) return 'raid';
  if (await files.exists(`${entry}/dm/uuid`)) {
    const uuid = (await files.readText(`${entry}/dm/uuid`)).trim();
    return uuid.startsWith('LVM-') ? 'lvm' : uuid.startsWith('CRYPT-') ? 'crypt' : 'other';
  }
  return /^(sd|vd|xvd|hd|nvme|mmcblk)/.test(name) ? 'disk' : 'other';
}

/** Of the ext4 on the device; undefined for another file system, or when it cannot be read. */
async function uuidOf(host: Host, device: string): Promise<string | undefined> {
  try {
    const file = await host.files.open(device, 'r');
    try {
      return (await probeExt4(file))?.uuid;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
