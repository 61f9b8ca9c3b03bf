/**
 * Keeps implanted checksums of an image in step with a change, so that a medium that checks itself when it boots does
 * not fail: those of isomd5sum and checkmedia are made anew, those of libisofs are taken out, and so is one that was wrong before.
 */
import { overlaps } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { sectorSize } from '../../formats/iso9660/bounded-read.ts';
import { readVolumeSize } from '../../formats/iso9660/descriptors.ts';
import { decodeRecord, systemUseOf } from '../../formats/iso9660/record.ts';
import { allFields } from '../../formats/iso9660/susp.ts';
import { fileTableNames, libisofsTags } from '../../formats/media-checks/libisofs-tags.ts';
import {
  hasMediaTags,
  type MediaTags,
  parseMediaTags,
  withoutTags,
  withTags,
  withTagsOf,
} from '../../formats/media-checks/tags.ts';
import type { Image } from '../image.ts';
import { bytesPiece, finalPieces, type Patch, type Piece, pieceRange } from '../pieces.ts';

/** Gives the image as it is with these pieces over it. */
type Overlaid = (pieces: readonly Piece[], size: number) => ByteSource;

/** The patch with whatever checksums the image carries in step; the same one when it has none. */
export async function withImplants(
  image: Image,
  patch: Patch,
  overlaid: Overlaid,
  signal?: AbortSignal,
): Promise<Patch> {
  return withMediaTags(image, await withoutLibisofs(image, patch), overlaid, signal);
}

async function withMediaTags(
  image: Image,
  patch: Patch,
  overlaid: Overlaid,
  signal: AbortSignal | undefined,
): Promise<Patch> {
  const { offset, descriptor } = image.iso.descriptors.primary;
  if (!hasMediaTags(descriptor)) return patch;
  const source = overlaid(finalPieces(patch), patch.newSize);
  const { bytes, note } = (await heldBefore(image, signal))
    ? await implanted(source, offset, signal)
    : unimplanted(await source.read(offset, sectorSize), descriptor);
  const isDescriptor = (piece: Piece) => piece.offset === offset;
  const own = bytesPiece(offset, bytes);
  const without = (pieces: readonly Piece[]) => pieces.filter((piece) => !isDescriptor(piece));
  // What stands last makes the change count: it keeps its place.
  const commit = patch.commit.some(isDescriptor)
    ? patch.commit.map((piece) => (isDescriptor(piece) ? own : piece))
    : [own, ...patch.commit];
  return { ...patch, tables: without(patch.tables), commit, notes: [...patch.notes, note] };
}

/**
 * Whether the checksum was that of the image before the change. One that cannot be read says nothing: `implanted` removes it.
 */
async function heldBefore({ source, iso }: Image, signal?: AbortSignal): Promise<boolean> {
  if (parseMediaTags(iso.descriptors.primary.descriptor) === undefined) return true;
  // Loaded here: it takes the cryptography of Node.js, and most images carry no checksum.
  const { mediaFaults } = await import('./faults.ts');
  return (await mediaFaults(source, iso, signal)).faults.length === 0;
}

/** A damaged image must not pass its own check because somebody changed it: nothing vouches for it any more. */
function unimplanted(now: Uint8Array, old: Uint8Array): { bytes: Uint8Array; note: string } {
  const maker = parseMediaTags(old)?.maker ?? '';
  return {
    bytes: withoutTags(now),
    note:
      `The implanted checksum (${maker}) did not match the image before the change: the image may be damaged. ` +
      'It was removed; compare the SHA-256 of the original with the published one.',
  };
}

/**
 * The descriptor at `offset` of an image, its checksums made anew, and what to say of it. `old` has the checksums when
 * the image has lost them; where partitions lie may have changed then.
 */
export async function implanted(
  source: ByteSource,
  offset: number,
  signal?: AbortSignal,
  old?: Uint8Array,
): Promise<{ bytes: Uint8Array; note: string }> {
  const now = await source.read(offset, sectorSize);
  const tags = parseMediaTags(old ?? now);
  if (tags === undefined)
    return {
      bytes: withoutTags(now),
      note: 'The implanted checksum of the image could not be read; it was removed.',
    };
  const { mediaDigests } = await import('../../formats/media-checks/digests.ts');
  const unsigned: MediaTags = { ...tags, signature: undefined };
  const digests = await mediaDigests(
    { source, volumeSize: readVolumeSize(now), descriptor: offset },
    unsigned,
    signal,
  );
  const changes = [
    { tag: tags.digest, value: digests.digest },
    ...(tags.fragments === undefined ? [] : [{ tag: tags.fragments.sums, value: digests.sums ?? '' }]),
    ...(tags.partition === undefined ? [] : [partitionChange(tags.partition, digests.partition, old)]),
    ...(tags.signature === undefined ? [] : [{ tag: tags.signature.pair, value: '' }]),
  ];
  const signed =
    tags.signature === undefined
      ? ''
      : ' Its signature, which no longer holds, was removed: nobody vouches for it now.';
  return {
    bytes: withTags(withTagsOf(now, old ?? now), changes),
    note: `The implanted checksum (${tags.maker}) was recalculated for the changed image.${signed}`,
  };
}

/** An image that was written anew has its partition somewhere else. */
const partitionChange = (
  { digest, pair }: NonNullable<MediaTags['partition']>,
  value: string | undefined,
  old: Uint8Array | undefined,
) => (old === undefined && value !== undefined ? { tag: digest, value } : { tag: pair, value: '' });

/** Writes into an image that was written anew what its `before` had. Gives what to say of it; empty for nothing. */
export async function implantAnew(
  file: ByteSource & { write(offset: number, bytes: Uint8Array): Promise<unknown> },
  before: Image,
  signal?: AbortSignal,
): Promise<string[]> {
  const { offset, descriptor } = before.iso.descriptors.primary;
  if (!hasMediaTags(descriptor)) return [];
  if (!(await heldBefore(before, signal))) {
    // What was written anew has none yet.
    return [unimplanted(descriptor, descriptor).note];
  }
  const { bytes, note } = await implanted(file, offset, signal, descriptor);
  await file.write(offset, bytes);
  return [note];
}

/** Tags over which anything changes, all others with them, and what leads to the digests of files. */
async function withoutLibisofs(image: Image, patch: Patch): Promise<Patch> {
  const { source, iso } = image;
  const { extent } = iso.descriptors;
  const tags = await libisofsTags(source, extent.offset + extent.length);
  const changed = finalPieces(patch).map(pieceRange);
  if (!tags.some(({ range }) => changed.some((piece) => overlaps(piece, range)))) return patch;
  const names = await fileTableNames(source, await rootAreas(image));
  const cleared = [
    ...tags.map(({ place }) => bytesPiece(place.offset, new Uint8Array(place.length))),
    // Another name in the same namespace, which nobody reads.
    ...names.map(({ offset }) => bytesPiece(offset, Buffer.from('c-'))),
  ];
  return {
    ...patch,
    tables: [...patch.tables, ...cleared],
    notes: [...patch.notes, 'The checksums of libisofs in the image no longer held; they were removed.'],
  };
}

/** Areas that continue the record of the root: attributes do not fit into the record itself. */
async function rootAreas({ source, iso }: Image) {
  const { root, form } = iso.descriptors.primary;
  if (iso.susp === undefined) return [];
  const first = await source.read(root.extent.offset, sectorSize);
  const self = decodeRecord(first, 0, root.extent.offset, form);
  if (self === undefined) return [];
  const area = systemUseOf(self.bytes, iso.susp.rootSkip);
  return (await allFields(area, form.origin, ({ offset, length }) => source.read(offset, length)))
    .continuations;
}
