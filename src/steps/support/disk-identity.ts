/** What the kernel says of a disk at this moment, straight from sysfs: for the last look before erasing it. */
import { basename } from 'node:path/posix';
import { readUsage } from '../../disk/probe/usage.ts';
import type { Host } from '../../host/ports.ts';

export interface DiskIdentity {
  /** Bytes. */
  readonly size: number;
  /** Undefined when the kernel does not know it without udev's help. */
  readonly serial: string | undefined;
  readonly readOnly: boolean;
  /** What uses the disk or a partition of it, in words: `/mnt`, `[SWAP]`, `dm-0`. */
  readonly usedBy: readonly string[];
}

/** Looks at the disk at `path` (`/dev/vda`); undefined when the kernel has no such block device. */
export async function diskIdentity(host: Host, path: string): Promise<DiskIdentity | undefined> {
  const { name, folder } = await inSysfs(host, path);
  // sysfs counts sectors of 512 bytes whatever the disk's own are (Documentation/ABI/stable/sysfs-block).
  const sectors = Number((await attribute(host, `${folder}/size`)) ?? Number.NaN);
  if (!Number.isSafeInteger(sectors) || sectors === 0) return undefined;
  return {
    size: sectors * 512,
    serial: await serialOf(host, folder),
    readOnly: (await attribute(host, `${folder}/ro`)) === '1',
    usedBy: await users(host, folder, name),
  };
}

/** virtio has it on the disk, NVMe and MMC on the device, SCSI and SATA in VPD page 0x80 (SPC-4 section 7.8.9). */
async function serialOf(host: Host, folder: string): Promise<string | undefined> {
  for (const place of ['serial', 'device/serial']) {
    const found = await attribute(host, `${folder}/${place}`);
    if (found !== undefined && found !== '') return found;
  }
  const page = await host.files.read(`${folder}/device/vpd_pg80`).catch(() => undefined);
  if (page === undefined || page.length < 4) return undefined;
  return page.toString('latin1', 4, 4 + page.readUInt16BE(2)).trim() || undefined;
}

async function users(host: Host, folder: string, disk: string): Promise<string[]> {
  const usage = await readUsage(host);
  const used: string[] = [];
  for (const kernelName of [disk, ...(await partitionsIn(host, folder))]) {
    const deviceFolder = kernelName === disk ? folder : `${folder}/${kernelName}`;
    const number = (await attribute(host, `${deviceFolder}/dev`)) ?? '';
    const { mounts, holders } = await usage.of({ kernelName, number, path: `/dev/${kernelName}` });
    used.push(...mounts, ...holders);
  }
  return used;
}

/** Names of the partitions that the kernel knows of the disk at `path`: `vda1`. */
export async function partitionsOf(host: Host, path: string): Promise<string[]> {
  return partitionsIn(host, (await inSysfs(host, path)).folder);
}

async function inSysfs(host: Host, path: string): Promise<{ name: string; folder: string }> {
  const name = basename(await host.files.realPath(path).catch(() => path));
  return { name, folder: `/sys/class/block/${name}` };
}

async function partitionsIn(host: Host, folder: string): Promise<string[]> {
  const names = await host.files.list(folder);
  const found: string[] = [];
  for (const name of names) if (await host.files.exists(`${folder}/${name}/partition`)) found.push(name);
  return found;
}

/** The trimmed text of a file of sysfs or procfs, undefined when it cannot be read. */
async function attribute(host: Host, path: string): Promise<string | undefined> {
  return host.files.readText(path).then(
    (text) => text.trim(),
    () => undefined,
  );
}
