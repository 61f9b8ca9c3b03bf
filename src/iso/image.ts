/** An ISO as an edit looks at it: the reader's view of it, and every tree that shows its files. */
import type { ByteSource } from '../formats/bytes.ts';
import { readVolumes, type Volume } from '../formats/iso-edit/volume.ts';
import { allDescriptors } from '../formats/iso9660/all-trees.ts';
import type { Descriptors } from '../formats/iso9660/descriptors.ts';
import { efiOffsets, readBootCatalogue } from '../formats/iso9660/el-torito.ts';
import { type Hybrid, readHybrid } from '../formats/iso9660/hybrid.ts';
import { type Iso, openIso } from '../formats/iso9660/image.ts';
import { type Used, usedExtents } from '../formats/iso9660/layout.ts';
import { cached } from '../media/cached-source.ts';

export interface Image {
  /** Keeps what was read: for looking at the image before it changes. */
  readonly source: ByteSource;
  readonly iso: Iso;
  /** Those of the whole image first, the primary one at its head. */
  readonly volumes: readonly Volume[];
  /** The same as the reader sees them. */
  readonly trees: readonly Descriptors['primary'][];
  readonly hybrid: Hybrid;
  /** Where boot images begin, in bytes. */
  readonly bootImages: readonly number[];
  /** Those of them that a UEFI starts. */
  readonly efiImages: readonly number[];
  /** What is in use, in order of place; read when first asked for. */
  used(): Promise<readonly Used[]>;
}

const blockSize = 2048;

/** Throws OpsError (refused) `iso-invalid`, `iso-truncated`. */
export async function openImage(file: ByteSource, name: string): Promise<Image> {
  const source = cached(file);
  const iso = await openIso(source, name);
  const hybrid = await readHybrid(source);
  const sets = await allDescriptors(source, iso, name, hybrid);
  const origins = [...new Set(sets.flatMap(({ volumes }) => volumes.map(({ form }) => form.origin)))];
  const volumes: Volume[] = [];
  for (const origin of origins.sort((a, b) => a - b))
    volumes.push(...(await readVolumes(source, origin / blockSize)));
  const bootImages = (await readBootCatalogue(source, iso.descriptors, name))?.images ?? [];
  let used: Promise<readonly Used[]> | undefined;
  return {
    source,
    iso,
    volumes,
    trees: sets.flatMap((set) => set.volumes),
    hybrid,
    bootImages: bootImages.map(({ offset }) => offset),
    efiImages: efiOffsets(bootImages),
    used: () => {
      used ??= usedExtents(source, iso, name, hybrid);
      return used;
    },
  };
}

/** The end of the partition that a tree belongs to, in bytes; the end of the image for the image's own. */
export function endOf({ hybrid, source }: Image, { base }: Volume): number {
  if (base === 0) return Number.POSITIVE_INFINITY;
  const start = (base * blockSize) / 512;
  const gpt = hybrid.gpt?.table.partitions.find(({ firstLba }) => firstLba === start);
  if (gpt !== undefined) return (gpt.lastLba + 1) * 512;
  const mbr = hybrid.mbr?.partitions.find(({ firstLba }) => firstLba === start);
  return mbr === undefined ? source.size : (mbr.firstLba + mbr.sectors) * 512;
}
