/** An ISO as an edit looks at it: the reader's view of it, and every tree that shows its files. */
import { endOf } from '../formats/byte-range.ts';
import type { ByteSource } from '../formats/bytes.ts';
import { cached } from '../formats/cached-source.ts';
import { readUdf, type Udf } from '../formats/filesystems/udf.ts';
import { allTrees } from '../formats/iso9660/all-trees.ts';
import type { Volume } from '../formats/iso9660/descriptors.ts';
import { efiOffsets, readBootCatalogue } from '../formats/iso9660/el-torito.ts';
import { diskSector, type Hybrid, readHybrid } from '../formats/iso9660/hybrid.ts';
import { type Iso, openIso } from '../formats/iso9660/image.ts';
import { type Used, usedExtents } from '../formats/iso9660/layout.ts';
import type { Tree } from '../formats/iso9660/tree.ts';

export interface Image {
  /** Keeps what was read: for looking at the image before it changes. */
  readonly source: ByteSource;
  readonly iso: Iso;
  /** Those of the whole image first, the primary one at its head. */
  readonly trees: readonly Tree[];
  readonly hybrid: Hybrid;
  /** A second file system that shows the same files. */
  readonly udf: Udf | undefined;
  /** Where boot images begin, in bytes. */
  readonly bootImages: readonly number[];
  /** Those of them that a UEFI starts. */
  readonly efiImages: readonly number[];
  /** What is in use, in order of place; read when first asked for. */
  used(): Promise<readonly Used[]>;
}

/** `kept` is the memory for what was read, in bytes. Throws OpsError (refused) `iso-invalid`, `iso-truncated`. */
export async function openImage(file: ByteSource, name: string, kept?: number): Promise<Image> {
  const source = cached(file, kept);
  const iso = await openIso(source, name);
  const hybrid = await readHybrid(source);
  const trees = await allTrees(source, iso, name, hybrid);
  const bootImages = (await readBootCatalogue(source, iso.descriptors, name))?.images ?? [];
  let used: Promise<readonly Used[]> | undefined;
  return {
    source,
    iso,
    trees,
    hybrid,
    udf: await readUdf(source, endOf(iso.descriptors.extent)),
    bootImages: bootImages.map(({ offset }) => offset),
    efiImages: efiOffsets(bootImages),
    used: () => {
      used ??= usedExtents(source, iso, name, hybrid);
      return used;
    },
  };
}

/** The end of the partition that a tree belongs to, in bytes; there is none for the trees of the image itself. */
export function partitionEnd({ hybrid, source }: Image, { form: { origin } }: Volume): number {
  if (origin === 0) return Number.POSITIVE_INFINITY;
  const start = origin / diskSector;
  const gpt = hybrid.gpt?.table.partitions.find(({ firstLba }) => firstLba === start);
  if (gpt !== undefined) return (gpt.lastLba + 1) * diskSector;
  const mbr = hybrid.mbr?.partitions.find(({ firstLba }) => firstLba === start);
  return mbr === undefined ? source.size : (mbr.firstLba + mbr.sectors) * diskSector;
}
