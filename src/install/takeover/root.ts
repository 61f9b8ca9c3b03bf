/** The root file system of the running system: what it is and what it lies on, from /proc and /sys. */
import { readMounts } from '../../disk/probe/usage.ts';
import { type FileSystemIdentity, fileSystemIdentity } from '../../formats/filesystems/identity.ts';
import { type Mount, mountOf } from '../../host/mounts.ts';
import type { Host } from '../../host/ports.ts';
import type { BootPlace, RootDeviceKind, RootFacts, TakeoverFacts } from './facts.ts';

/** Reads below `rootFolder`, which is empty on a running system. */
export async function probeRoot(
  host: Host,
  rootFolder: string,
): Promise<Pick<TakeoverFacts, 'root' | 'mounts'>> {
  const lines = await readMounts(host, rootFolder);
  // The last one covers those before it.
  const top = lines.findLast(({ mountPoint }) => mountPoint === '/');
  if (top === undefined) return { root: { ...nothing }, mounts: [] };
  return {
    root: await factsOf(host, rootFolder, top),
    mounts: lines
      // Only what a device carries; number 0 is that of file systems without one.
      .filter(({ mountPoint, number }) => mountPoint !== '/' && !number.startsWith('0:'))
      .map(({ mountPoint, source }) => ({ mountPoint, source })),
  };
}

/** Where a folder lies, such as `/boot/grub`, when that is not the file system of the root. */
export async function probePlace(
  host: Host,
  rootFolder: string,
  folder: string,
): Promise<BootPlace | undefined> {
  const mount = mountOf(folder, await readMounts(host, rootFolder));
  if (mount === undefined || mount.mountPoint === '/') return undefined;
  const path = `${mount.folder === '/' ? '' : mount.folder}${folder.slice(mount.mountPoint.length)}`;
  return { ...(await factsOf(host, rootFolder, mount)), mountPoint: mount.mountPoint, path };
}

async function factsOf(host: Host, rootFolder: string, mount: Mount): Promise<RootFacts> {
  const device = await deviceOf(host, rootFolder, mount);
  const found = device === undefined ? undefined : await identityOf(host, `${rootFolder}${device.path}`);
  return {
    fsType: mount.fsType,
    source: mount.source,
    readOnly: mount.readOnly,
    whole: mount.folder === '/',
    ...(device && { device }),
    ...(found && { uuid: found.uuid }),
    ...(found?.unknownToGrub && { unknownToGrub: found.unknownToGrub }),
  };
}

const nothing = { fsType: 'unknown', source: '', readOnly: true, whole: false } as const;

async function deviceOf(
  host: Host,
  rootFolder: string,
  { number, source }: Mount,
): Promise<RootFacts['device']> {
  const { files } = host;
  const real = (path: string) => files.realPath(`${rootFolder}${path}`).catch(() => undefined);
  // btrfs makes up a number; its device is what was mounted.
  const named = number.startsWith('0:') && source.startsWith('/dev/') ? await real(source) : undefined;
  const entry = await real(
    named === undefined
      ? `/sys/dev/block/${number}`
      : `/sys/class/block/${named.slice(rootFolder.length + '/dev/'.length).replaceAll('/', '!')}`,
  );
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

/** Of the file system on the device; undefined for one that is not known, or when it cannot be read. */
async function identityOf(host: Host, device: string): Promise<FileSystemIdentity | undefined> {
  try {
    const file = await host.files.open(device, 'r');
    try {
      return await fileSystemIdentity(file);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
