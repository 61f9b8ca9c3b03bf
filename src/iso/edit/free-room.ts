/**
 * Room in an image that nothing uses: what lies behind the last file and holds only zeros, up to a partition that is
 * not the ISO's own, the GPT's second copy, or the end. Gaps between files are left alone: something hidden may be
 * there.
 */
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import { sectorSize } from '../../formats/iso9660/bounded-read.ts';
import { gapsBetween } from '../../formats/iso9660/layout.ts';
import type { Image } from '../image.ts';

/** More than an edit of menus and a configuration takes; what is larger is appended. */
const longestLook = 16 * 2 ** 20;
/** Read at a time. */
const stretch = 64 * sectorSize;
const zeros = new Uint8Array(sectorSize);

/** Looked for once: an image that is served is edited for one machine after the other. */
const found = new WeakMap<Image, Promise<readonly ByteRange[]>>();

/** Tail gaps of zeros, of whole sectors, in order of place. */
export function unusedRooms(image: Image): Promise<readonly ByteRange[]> {
  const rooms = found.get(image) ?? roomsOf(image);
  found.set(image, rooms);
  // What could not be read may be readable the next time.
  rooms.catch(() => found.delete(image));
  return rooms;
}

async function roomsOf(image: Image): Promise<readonly ByteRange[]> {
  const used = await image.used();
  const lastFile = Math.max(
    ...used.filter(({ what }) => what === 'file' || what === 'folder').map(({ offset }) => offset),
  );
  const rooms: ByteRange[] = [];
  for (const gap of gapsBetween(used, image.source.size)) {
    if (gap.offset < lastFile) continue;
    const offset = await firstUnused(image, gap);
    if (offset < endOf(gap)) rooms.push({ offset, length: endOf(gap) - offset });
  }
  return rooms;
}

/** From where on there are only zeros: an earlier edit may have left something behind. */
async function firstUnused({ source }: Image, gap: ByteRange): Promise<number> {
  const stop = Math.min(endOf(gap), gap.offset + longestLook);
  let unused = gap.offset;
  for (let offset = gap.offset; offset < stop; offset += stretch) {
    const bytes = await source.read(offset, Math.min(stretch, stop - offset));
    for (let sector = 0; sector < bytes.length; sector += sectorSize)
      if (
        Buffer.compare(
          bytes.subarray(sector, sector + sectorSize),
          zeros.subarray(0, bytes.length - sector),
        ) !== 0
      )
        unused = offset + sector + sectorSize;
  }
  return unused;
}
