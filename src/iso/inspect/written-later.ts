/**
 * What the maker of an ISO writes into files after their digests were taken: the boot catalogue, and the table in what a
 * BIOS starts (mkisofs -boot-info-table). Both have checksums of their own.
 */
import type { ByteSource } from '../../formats/bytes.ts';
import { bootInfoChecksum, decodeBootInfoTable, platforms } from '../../formats/iso9660/el-torito.ts';
import type { IsoEntry } from '../../formats/iso9660/image.ts';
import { bootImageLimit, type Structure } from './structure.ts';

/**
 * Whether a file is one of these, and sound by its own checksum. That of a boot image covers what stands behind the table;
 * of what it was before, nothing is known but that.
 */
export async function isWrittenLater(
  source: ByteSource,
  { catalogue }: Pick<Structure, 'catalogue'>,
  { extents, size }: IsoEntry,
): Promise<boolean> {
  const [extent] = extents;
  if (catalogue === undefined || extent === undefined || extents.length > 1) return false;
  if (extent.offset === catalogue.extent.offset) return catalogue.faults.length === 0;
  const image = catalogue.images.find(({ offset }) => offset === extent.offset);
  if (image === undefined || image.platform === platforms.efi || size > bootImageLimit) return false;
  const bytes = await source.read(extent.offset, size);
  const table = decodeBootInfoTable(bytes);
  return (
    table !== undefined &&
    table.imageSector * 2048 === extent.offset &&
    table.size === size &&
    table.checksum === bootInfoChecksum(bytes)
  );
}
