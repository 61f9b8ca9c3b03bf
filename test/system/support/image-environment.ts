/** The boot environment on the EFI system partition of a disk image, read and changed while no machine runs from it. */
import {
  type BootEnvironment,
  environmentPath,
  parseBootEnvironment,
} from '../../../src/boot/environment.ts';
import { changedBlock, type EnvironmentChanges } from '../../../src/boot/environment-file.ts';
import { environmentSize } from '../../../src/formats/boot-config/grubenv.ts';
import { within } from '../../../src/formats/bytes.ts';
import { locateFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import type { Host } from '../../../src/host/ports.ts';
import { espOf, withDisk } from '../../../src/image/disk.ts';

/** `offset` is in bytes of the image. */
export const environmentBlock = (
  host: Host,
  path: string,
): Promise<{ readonly offset: number; readonly block: Uint8Array }> =>
  withDisk(host, path, 'r', async (disk) => {
    const esp = await espOf(path, disk);
    const file = await locateFatFile(within(disk, esp.offset, esp.size), environmentPath);
    const offset = esp.offset + (file?.extents[0]?.offset ?? Number.NaN);
    return { offset, block: await disk.read(offset, environmentSize) };
  });

export const environmentOf = async (host: Host, path: string): Promise<BootEnvironment> =>
  parseBootEnvironment((await environmentBlock(host, path)).block);

export async function changeEnvironment(
  host: Host,
  path: string,
  changes: EnvironmentChanges,
): Promise<void> {
  const { offset, block } = await environmentBlock(host, path);
  await withDisk(host, path, 'r+', (disk) => disk.write(offset, changedBlock(block, changes)));
}
