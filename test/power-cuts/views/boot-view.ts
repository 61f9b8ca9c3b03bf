/**
 * What of a disk a firmware would start: the boot sector with the core image that it loads, and the loader on the
 * EFI system partition with all that it reads. Each as a digest, so that two states can be compared.
 */
import { returnToFirmwareCode } from '../../../src/boot/boot-sector.ts';
import { stubPath } from '../../../src/boot/menus/menu.ts';
import { readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { partitionTypes } from '../../../src/formats/partition-tables/gpt-types.ts';
import { bootCodeSize, decodeMbr, mbrSize } from '../../../src/formats/partition-tables/mbr.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import type { Host, OpenFile } from '../../../src/host/ports.ts';

export interface BootView {
  /** undefined: no signature for which a BIOS would start it, or code that gives control back at once. */
  readonly bootCode: string | undefined;
  readonly core: string | undefined;
  /** undefined: no ESP that a firmware finds, or no such file on it. Unreadable counts as a content of its own. */
  readonly esp: { readonly [path in (typeof espPaths)[number]]: string | undefined };
}

/** The first is the one that firmware starts. */
export const espPaths = [
  'EFI/BOOT/BOOTX64.EFI',
  'EFI/BOOT/grubx64.efi',
  'EFI/BOOT/mmx64.efi',
  stubPath,
] as const;

const sectorSize = 512;

export async function readBootView(host: Host, image: string): Promise<BootView> {
  const file = await host.files.open(image, 'r');
  try {
    const sector = await file.read(0, mbrSize);
    const mbr = decodeMbr(sector);
    // UEFI 2.10 section 5.3.2: firmware takes the backup where the primary table is damaged.
    const table =
      mbr?.protective === true ? await decodeGpt(file, sectorSize).catch(() => undefined) : undefined;
    const start = (type: string) =>
      (table?.table.partitions.find((one) => one.type === type)?.firstLba ?? 0) * sectorSize;
    return {
      bootCode:
        mbr === undefined || givesBack(sector) ? undefined : sha256Of(sector.subarray(0, bootCodeSize)),
      core: await coreDigest(file, start(partitionTypes.biosGrub)),
      esp: await espDigests(file, start(partitionTypes.efiSystem)),
    };
  } finally {
    await file.close();
  }
}

function givesBack(sector: Uint8Array): boolean {
  return Buffer.compare(sector.subarray(0, returnToFirmwareCode.length), returnToFirmwareCode) === 0;
}

/** The whole partition of 1 MiB; what is behind the image is zeroes in every state that matters. */
async function coreDigest(file: OpenFile, start: number): Promise<string | undefined> {
  return start === 0 ? undefined : sha256Of(await file.read(start, 2 ** 20));
}

async function espDigests(file: OpenFile, start: number): Promise<BootView['esp']> {
  const [first, second] = start === 0 ? [] : await file.read(start + 510, 2);
  // Without this signature there is no file system for a firmware (FAT specification 1.03, page 8).
  const formatted = first === 0x55 && second === 0xaa;
  const volume = {
    size: file.size - start,
    read: (at: number, length: number) => file.read(start + at, length),
  };
  const digests = espPaths.map(async (path): Promise<[string, string | undefined]> => {
    if (!formatted) return [path, undefined];
    const bytes = await readFatFile(volume, path).catch((error: unknown) =>
      Buffer.from(`unreadable: ${error}`),
    );
    return [path, bytes === undefined ? undefined : sha256Of(bytes)];
  });
  return Object.fromEntries(await Promise.all(digests)) as BootView['esp'];
}

/**
 * What is half there, in words: something that firmware starts while what it needs differs from `whole`, a disk that
 * is known to boot. With nothing to start the firmware goes on to its next device.
 */
export function halfBootable(view: BootView, whole: BootView): string[] {
  const faults: string[] = [];
  if (view.bootCode !== undefined) {
    if (view.bootCode !== whole.bootCode) faults.push('the boot sector holds other boot code');
    if (view.core !== whole.core) faults.push('the boot sector is there and core.img is not whole');
    if (view.esp[stubPath] !== whole.esp[stubPath])
      faults.push('the boot sector is there and the stub on the ESP is not whole');
  }
  const [started] = espPaths;
  if (view.esp[started] !== undefined)
    for (const path of espPaths)
      if (view.esp[path] !== whole.esp[path]) faults.push(`${started} is there and ${path} is not whole`);
  return faults;
}
