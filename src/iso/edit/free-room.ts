/**
 * Room in an image that nothing uses: what lies behind the last file and holds only zeros, up to a partition that is
 * not the ISO's own, the GPT's second copy, or the end. Gaps between files are left alone: something hidden may be
 * there.
 */
import { gapsBetween } from '../../formats/iso9660/layout.ts';
import type { Image } from '../image.ts';

export interface Room {
  /** First block, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

const blockSize = 2048;
/** More than an edit of menus and a configuration takes; what is larger is appended. */
const longestLook = 16 * 2 ** 20;

/** Tail gaps of zeros, in order of place. */
export async function unusedRooms(image: Image): Promise<Room[]> {
  const used = await image.used();
  const lastFile = Math.max(
    ...used.filter(({ what }) => what === 'file' || what === 'folder').map(({ offset }) => offset),
  );
  const rooms: Room[] = [];
  for (const gap of gapsBetween(used, image.source.size)) {
    if (gap.offset < lastFile) continue;
    const start = await firstUnused(image, gap.offset, gap.offset + gap.size);
    const end = (gap.offset + gap.size) / blockSize;
    if (start < end) rooms.push({ start, end });
  }
  return rooms;
}

/** The block from which on there are only zeros: an earlier edit may have left something behind. */
async function firstUnused({ source }: Image, from: number, to: number): Promise<number> {
  const stop = Math.min(to, from + longestLook);
  let start = from;
  for (let at = from; at < stop; at += 64 * blockSize) {
    const bytes = await source.read(at, Math.min(64 * blockSize, stop - at));
    for (let block = 0; block < bytes.length; block += blockSize)
      if (bytes.subarray(block, block + blockSize).some((byte) => byte !== 0)) start = at + block + blockSize;
  }
  return start / blockSize;
}
