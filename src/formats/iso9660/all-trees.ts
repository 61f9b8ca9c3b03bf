/**
 * Every tree of folders in an image. Beside those that the descriptors at its beginning lead to there can be a second
 * set for its first partition (xorriso's -partition_offset), so that the partition can be mounted as well as the
 * whole: the same files, under other records, with sectors that count from the partition.
 */
import type { ByteSource } from '../bytes.ts';
import { sectorSize } from './bounded-read.ts';
import { type Descriptors, firstDescriptor, readDescriptors } from './descriptors.ts';
import { diskSector, type Hybrid, readHybrid } from './hybrid.ts';
import type { Iso } from './image.ts';
import { openTree, type Tree } from './tree.ts';

/** The descriptors at the beginning of the image, and those of its partitions; `hybrid` saves reading the tables. */
export async function allDescriptors(
  source: ByteSource,
  iso: Iso,
  name = 'the image',
  hybrid?: Hybrid,
): Promise<Descriptors[]> {
  const sets = [iso.descriptors];
  for (const origin of await partitionOrigins(source, iso, hybrid))
    sets.push(await readDescriptors(source, name, origin));
  return sets;
}

/** Throws as the reader does. */
export async function allTrees(
  source: ByteSource,
  iso: Iso,
  name = 'the image',
  hybrid?: Hybrid,
): Promise<Tree[]> {
  const trees: Tree[] = [];
  for (const { volumes } of await allDescriptors(source, iso, name, hybrid))
    for (const volume of volumes) trees.push(await openTree(source, volume, name));
  return trees;
}

/** Where partitions begin that hold volume descriptors of their own, within the volume. */
async function partitionOrigins(source: ByteSource, iso: Iso, hybrid?: Hybrid): Promise<number[]> {
  const { mbr, gpt } = hybrid ?? (await readHybrid(source));
  const starts = new Set(
    [...(mbr?.partitions ?? []), ...(gpt?.table.partitions ?? [])].map(
      ({ firstLba }) => firstLba * diskSector,
    ),
  );
  const origins: number[] = [];
  for (const start of [...starts].sort((a, b) => a - b)) {
    if (start < sectorSize || start >= iso.size) continue;
    const head = await source.read(start + firstDescriptor * sectorSize, 6);
    if (Buffer.from(head).toString('latin1') === '\u0001CD001') origins.push(start);
  }
  return origins;
}
