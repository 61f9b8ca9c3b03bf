/**
 * The FAT volumes of an image that a UEFI reads: what El Torito names, for a CD, and partitions, for a stick or a disk.
 * Most images have one volume for both; some have it twice.
 */
import { type ByteSource, within } from '../../formats/bytes.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { diskSector, type Hybrid } from '../../formats/iso9660/hybrid.ts';

export interface EfiPlace {
  /** Bytes of the image. */
  readonly offset: number;
  /** From which media it is read. */
  readonly media: readonly ('CD' | 'USB stick')[];
}

const maximumPlaces = 8;

/** `images` are those of El Torito for UEFI. */
export async function efiPlaces(
  source: ByteSource,
  images: readonly number[],
  { mbr, gpt }: Hybrid,
): Promise<EfiPlace[]> {
  const partitions = new Set(
    [...(mbr?.partitions ?? []), ...(gpt?.table.partitions ?? [])].map(
      ({ firstLba }) => firstLba * diskSector,
    ),
  );
  const places: EfiPlace[] = [];
  for (const offset of new Set([...images, ...partitions])) {
    if (offset === 0 || offset >= source.size || places.length === maximumPlaces) continue;
    if ((await probeFat(within(source, offset))) === undefined) continue;
    const media: EfiPlace['media'] = [
      ...(images.includes(offset) ? (['CD'] as const) : []),
      ...(partitions.has(offset) ? (['USB stick'] as const) : []),
    ];
    places.push({ offset, media });
  }
  return places;
}

/** `CD and USB stick`. */
export const mediaText = ({ media }: Pick<EfiPlace, 'media'>): string => media.join(' and ');
