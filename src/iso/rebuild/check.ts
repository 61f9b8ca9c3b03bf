/** Reads an image that other programs have written: their exit code does not say whether it boots. */
import { OpsError } from '../../errors.ts';
import { platforms, readBootCatalogue } from '../../formats/iso9660/el-torito.ts';
import { openIso } from '../../formats/iso9660/image.ts';
import type { Host } from '../../host/ports.ts';
import type { PreparedEdits } from '../edit/edits.ts';
import type { Image } from '../image.ts';

/**
 * Throws OpsError `iso-rebuild-broken` (undone) unless every file that was asked for is there with its bytes, and the
 * image boots on all that the old one booted on, or (grub-mkrescue) on BIOS and UEFI.
 */
export async function checkRebuilt(
  host: Host,
  before: Image,
  edits: PreparedEdits,
  path: string,
  method: 'rebuild' | 'grub-mkrescue',
): Promise<void> {
  const file = await host.files.open(path, 'r');
  try {
    const iso = await openIso(file);
    for (const { path: name, content, link } of edits.files) {
      if (link !== undefined) continue;
      const entry = await iso.stat(name);
      const size = content?.kind === 'bytes' ? content.bytes.length : content?.size;
      if (entry?.size !== size)
        throw broken(`/${name} has ${entry?.size ?? 'no'} bytes instead of ${size ?? 'none'}`);
      if (content?.kind === 'bytes' && Buffer.compare(await iso.readFile(name), content.bytes) !== 0)
        throw broken(`/${name} has other bytes`);
    }
    const old = (await readBootCatalogue(before.source, before.iso.descriptors))?.images ?? [];
    const wanted = method === 'rebuild' ? old.map(({ platform }) => platform) : [platforms.pc, platforms.efi];
    const now = ((await readBootCatalogue(file, iso.descriptors))?.images ?? []).filter(
      ({ offset }) => offset > 0,
    );
    for (const platform of wanted)
      if (!now.some((image) => image.platform === platform))
        throw broken(`it has no boot image for ${platform === platforms.efi ? 'UEFI' : 'BIOS'}`);
  } finally {
    await file.close();
  }
}

const broken = (why: string) =>
  new OpsError('undone', 'iso-rebuild-broken', `The new image is damaged: ${why}`, {
    hint: 'The old image is untouched. Leave --method out: changing the image needs no other programs.',
  });
