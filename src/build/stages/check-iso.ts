/** Reads a finished ISO back with a reader that is not the writer's: boot entries, loader image, every file's digest. */
import { createHash } from 'node:crypto';
import { architectures } from '../../architectures.ts';
import { OpsError } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { platforms, readBootCatalogue } from '../../formats/iso9660/el-torito.ts';
import { openIso } from '../../formats/iso9660/image.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';

const pieceSize = 4 * 1024 * 1024;
/** More than a catalogue and a menu ever are. */
const textLimit = 1024 * 1024;

/**
 * Throws OpsError `iso-broken` (undone) when the ISO lacks a boot entry for a firmware of its architecture, its loader image is no FAT
 * file system, or a file of the manifest is missing or has other bytes.
 */
export async function checkIso(source: ByteSource): Promise<void> {
  const iso = await openIso(source);
  const manifest = parseManifest(
    Buffer.from(await iso.readFile(manifestPath, textLimit)).toString('utf8'),
    manifestPath,
  );
  const images = (await readBootCatalogue(source, iso.descriptors))?.images ?? [];
  for (const platform of architectures[manifest.arch].bios ? [platforms.pc, platforms.efi] : [platforms.efi])
    if (!images.some((image) => image.platform === platform && image.bootable && image.offset > 0))
      throw broken(`it has no boot entry for ${platform === platforms.efi ? 'UEFI' : 'BIOS'}`);
  for (const { platform, offset } of images) {
    if (platform !== platforms.efi) continue;
    if ((await probeFat(within(source, offset))) === undefined)
      throw broken('its UEFI boot image is not a FAT file system');
  }
  for (const { path, size, sha256 } of manifest.files) {
    const file = await iso.open(path);
    if (file.size !== size) throw broken(`${path} has ${file.size} bytes instead of ${size}`);
    const hash = createHash('sha256');
    for (let offset = 0; offset < size; offset += pieceSize)
      hash.update(await file.read(offset, Math.min(pieceSize, size - offset)));
    if (hash.digest('hex') !== sha256) throw broken(`${path} does not match the manifest`);
  }
}

const broken = (why: string) =>
  new OpsError('undone', 'iso-broken', `The new ISO is damaged: ${why}`, {
    hint: 'Build again; if it happens again, check the memory and the disk of this machine.',
  });
