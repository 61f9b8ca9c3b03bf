/** The limits and refusals that a reader of damaged images needs: nothing is read that the image cannot hold. */
import { type OpsError, refused } from '../../errors.ts';
import { type ByteRange, endOf } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';

/** ECMA-119, 6.1.2. Logical blocks could be smaller; no known tool makes such images. */
export const sectorSize = 2048;

export const damagedHint = 'The image is damaged or incomplete: copy or download it again.';

/** `iso-invalid` (refused): what is wrong, and at which byte of the image. */
export const invalid = (what: string, offset: number): OpsError =>
  refused('iso-invalid', `${what} (at byte ${offset})`, { hint: damagedHint });

/** `iso-truncated` (refused): something lies, or goes on, behind the end. */
export const truncated = (what: string, offset: number): OpsError =>
  refused('iso-truncated', `${what} (at byte ${offset})`, { hint: damagedHint });

/** All bytes of a range; throws `iso-truncated` (refused) when the source has fewer. */
export async function readRange(source: ByteSource, range: ByteRange, name: string): Promise<Uint8Array> {
  const { offset, length } = range;
  // Compared before it is read: what a damaged image claims may be far more than memory holds.
  if (endOf(range) > source.size) throw truncated(`${name} is shorter than its folders say`, offset);
  const bytes = await source.read(offset, length);
  if (bytes.length < length) throw truncated(`${name} ends inside one of its files`, offset + bytes.length);
  return bytes;
}

/** What may be read of the structures in one go. */
export type Budget = (bytes: number, offset: number) => void;

/** What the structures of an image may ask for, beside their being no larger than the image. */
export const isoBudget = {
  /** Bytes that a small image may have read of them all the same. */
  smallest: 4 * 2 ** 20,
  /** Areas in which a record goes on; a name and a link of the greatest length need four. */
  areas: 8,
  /** Bytes of a name: four times what Linux takes. */
  name: 1024,
  /** Characters of a path, or of what a link says (PATH_MAX of Linux). */
  path: 4096,
} as const;

/**
 * Folders of a sound image never overlap, so all of them together are smaller than it. Folders that do overlap
 * could keep a reader busy for days: it gives up with `iso-invalid` (refused) when it has read more than the image.
 */
export function budgetOf(source: ByteSource, name: string): Budget {
  let left = Math.max(source.size, isoBudget.smallest);
  return (bytes, offset) => {
    left -= bytes;
    if (left < 0) throw invalid(`the folders of ${name} overlap`, offset);
  };
}
