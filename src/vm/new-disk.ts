/** Disk images of `vm run --disk FILE[:SIZE]`. */
import { usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { notThere } from '../host/system-error.ts';
import { bootFiles } from './boot-files.ts';

export interface DiskRequest {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** Bytes, for a file that does not exist yet. */
  readonly size: number | undefined;
}

const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Parses `FILE` or `FILE:SIZE`, SIZE as 512M or 8G; throws OpsError `disk-invalid` (usage). */
export function parseDisk(text: string): DiskRequest {
  const match = /^(.+?)(?::([0-9]+)([KMGT]))?$/.exec(text);
  const [, path, amount, unit] = match ?? [];
  if (path === undefined)
    throw usage('disk-invalid', 'Expected a disk as FILE or FILE:SIZE, such as disk.img:8G');
  const size = amount === undefined ? undefined : Number(amount) * (units[unit ?? ''] ?? 1);
  if (size === 0) throw usage('disk-invalid', `The disk ${path} cannot have a size of 0`);
  return { path, format: 'raw', size };
}

/** A request with the format of the file that is there. Throws OpsError `disk-missing` (refused). */
export async function existingFormat(disk: DiskRequest, host: Host): Promise<DiskRequest> {
  if (await host.files.exists(disk.path)) {
    const found = await bootFiles(disk.path, host);
    return { ...disk, format: found.kind === 'disk' ? found.format : 'raw' };
  }
  if (disk.size !== undefined) return disk;
  throw notThere('disk-missing', disk.path, `Give it a size to create it: \`--disk ${disk.path}:8G\`.`);
}

/** Whether no firmware can start it: not there yet, or without a boot sector and a partition table. */
export async function isEmptyDisk({ path, format }: DiskRequest, host: Host): Promise<boolean> {
  if (!(await host.files.exists(path))) return true;
  if (format !== 'raw') return false;
  const file = await host.files.open(path, 'r');
  try {
    // The first sector, and the table of a GPT behind it, whichever size sectors have.
    const start = new Uint8Array(8192);
    await file.readInto(0, start);
    return start.every((byte) => byte === 0);
  } finally {
    await file.close();
  }
}

/** Makes the file when it is missing: as large as asked for, and empty, so it takes no space. */
export async function createDisk(disk: DiskRequest, host: Host): Promise<void> {
  if (disk.size === undefined || (await host.files.exists(disk.path))) return;
  const file = await host.files.open(disk.path, 'w');
  try {
    await file.write(disk.size - 1, new Uint8Array(1));
  } finally {
    await file.close();
  }
}
