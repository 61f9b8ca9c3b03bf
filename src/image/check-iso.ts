/** Reads a finished ISO back with a reader that is not the writer's: boot entries, loader image, every file's digest. */
import { createHash } from 'node:crypto';
import { OpsError } from '../errors.ts';
import type { ByteSource } from '../formats/bytes.ts';
import { probeFat } from '../formats/fat.ts';
import { openIso } from '../formats/iso9660.ts';
import { manifestPath, parseManifest } from '../media/manifest.ts';

const sectorSize = 2048;
const pieceSize = 4 * 1024 * 1024;
/** More than a catalogue and a menu ever are. */
const textLimit = 1024 * 1024;

/**
 * Throws OpsError `iso-broken` (undone) when the ISO lacks one of the two boot entries, its loader image is no FAT
 * file system, or a file of the manifest is missing or has other bytes.
 */
export async function checkIso(source: ByteSource): Promise<void> {
  for (const image of await bootImages(source)) {
    const offset = image.lba * sectorSize;
    if (image.platform !== platforms.efi) continue;
    const loader = {
      size: source.size - offset,
      read: (at: number, length: number) => source.read(offset + at, length),
    };
    if ((await probeFat(loader)) === undefined) throw broken('its UEFI boot image is no FAT file system');
  }
  const iso = await openIso(source);
  const manifest = parseManifest(
    Buffer.from(await iso.readFile(manifestPath, textLimit)).toString('utf8'),
    manifestPath,
  );
  for (const { path, size, sha256 } of manifest.files) {
    const file = await iso.open(path);
    if (file.size !== size) throw broken(`${path} has ${file.size} bytes instead of ${size}`);
    const hash = createHash('sha256');
    for (let at = 0; at < size; at += pieceSize)
      hash.update(await file.read(at, Math.min(pieceSize, size - at)));
    if (hash.digest('hex') !== sha256) throw broken(`${path} has other bytes than the manifest says`);
  }
}

/** El Torito 1.0, 2.1: platform ids; 0xef is UEFI's (UEFI 2.10, 13.3.2.1). */
const platforms = { pc: 0, efi: 0xef } as const;

interface BootImage {
  readonly platform: number;
  /** In sectors of 2048 bytes. */
  readonly lba: number;
}

/** The initial entry and the first of each section of the boot catalogue (El Torito 1.0, 2.0). */
async function bootImages(source: ByteSource): Promise<BootImage[]> {
  // The boot record volume descriptor is sector 17; the catalogue's sector stands at 0x47, little endian.
  const record = Buffer.from(await source.read(17 * sectorSize, sectorSize));
  if (record.toString('latin1', 7, 30) !== 'EL TORITO SPECIFICATION')
    throw broken('it has no boot catalogue');
  const catalogue = Buffer.from(await source.read(record.readUInt32LE(0x47) * sectorSize, sectorSize));
  const found: BootImage[] = [{ platform: catalogue.readUInt8(1), lba: catalogue.readUInt32LE(0x28) }];
  // Section headers are 0x90, the last 0x91; their entries follow, 32 bytes each.
  for (let at = 64; at + 64 <= catalogue.length && (catalogue[at] ?? 0) >> 1 === 0x48; ) {
    const entries = catalogue.readUInt16LE(at + 2);
    found.push({ platform: catalogue.readUInt8(at + 1), lba: catalogue.readUInt32LE(at + 32 + 8) });
    at += 32 * (1 + entries);
  }
  for (const platform of Object.values(platforms)) {
    if (!found.some((image) => image.platform === platform && image.lba > 0))
      throw broken(`it has no boot entry for ${platform === platforms.efi ? 'UEFI' : 'BIOS'}`);
  }
  return found;
}

const broken = (why: string) =>
  new OpsError('undone', 'iso-broken', `the ISO that was written is not whole: ${why}`, {
    hint: 'Build again; if it happens again, check the memory and the disk of this machine.',
  });
