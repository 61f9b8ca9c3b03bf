/** What a base is: an ISO, or a disk image of `opsctl image create`. */
import { espLabel } from '../../disk/layout/layout.ts';
import { OpsError, refused } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { decodeGpt } from '../../formats/partition-tables/gpt-decode.ts';
import { type EditableImage, editableImage } from '../../image/edit/overlay.ts';
import { virtualDisk } from '../../image/virtual-disk.ts';
import { refuseHidden } from '../../iso/edit/hidden.ts';
import { type Image, openImage } from '../../iso/image.ts';

export type Medium =
  | { readonly kind: 'iso'; readonly image: Image }
  | { readonly kind: 'disk'; readonly disk: EditableImage };

/** Folders, menus and boot images of an ISO, which are looked at again for each machine, in bytes. */
const readAgain = 4 * 2 ** 20;

/** Throws OpsError (refused) `image-packed` for images that are not raw, and what opening an ISO or a disk image does. */
export async function openMedium(source: ByteSource, shown: string): Promise<Medium> {
  const { format } = await virtualDisk(source, shown);
  if (format !== 'raw')
    throw refused('image-packed', `${shown} is a ${format} image`, {
      hint: `Make a raw image of it with \`qemu-img convert -O raw ${shown} disk.img\`.`,
    });
  if (await isOurDisk(source)) return { kind: 'disk', disk: await editableImage(source, shown) };
  const image = await openImage(source, shown, readAgain);
  await refuseHidden(image, shown);
  return { kind: 'iso', image };
}

/** An ISO can have a partition table, too; no damaged one keeps it from being read. */
async function isOurDisk(source: ByteSource): Promise<boolean> {
  try {
    const found = await decodeGpt(source, 512);
    return found?.table.partitions.some(({ name }) => name === espLabel) === true;
  } catch (error) {
    if (error instanceof OpsError) return false;
    throw error;
  }
}
