/** What of an image is in use, by whom, and what lies between: where something new could be put without overwriting. */
import type { ByteSource } from '../bytes.ts';
import { probeFat } from '../filesystems/fat.ts';
import { gptSignature } from '../partition-tables/gpt.ts';
import { protectiveType } from '../partition-tables/mbr.ts';
import { allDescriptors, allTrees } from './all-trees.ts';
import { readBootCatalogue } from './el-torito.ts';
import { type Extent, sectorSize } from './extent.ts';
import { diskSector, type Hybrid, readHybrid } from './hybrid.ts';
import type { Iso } from './image.ts';

export interface Used extends Extent {
  /** `system area`, `descriptors`, `path table`, `folder`, `records`, `file`, `boot catalogue`, `boot image`, `partition`, `backup GPT`. */
  readonly what: string;
  /** The file or folder, or which partition. */
  readonly of: string;
}

/**
 * Everything in the image that something points at, in order of place; two may overlap (hard links, a boot image
 * that is a file too). Zero-byte files are left out. `hybrid` saves reading the tables. Throws as the reader does.
 */
export async function usedExtents(
  source: ByteSource,
  iso: Iso,
  name = 'the image',
  hybrid?: Hybrid,
): Promise<Used[]> {
  const tables = hybrid ?? (await readHybrid(source));
  const used: Used[] = [{ offset: 0, size: 16 * sectorSize, what: 'system area', of: '' }];
  const add = (what: string, of: string, extents: readonly Extent[]) => {
    for (const { offset, size } of extents) if (size > 0) used.push({ offset, size, what, of });
  };
  const sets = await allDescriptors(source, iso, name, tables);
  const origins = sets.map((descriptors) => descriptors.primary.form.origin);
  for (const descriptors of sets) {
    add('descriptors', '', [descriptors.extent]);
    for (const volume of descriptors.volumes) add('path table', volume.kind, volume.pathTables);
  }
  for (const tree of await allTrees(source, iso, name, tables)) {
    add('folder', '', [tree.volume.root.extent]);
    for await (const entry of tree.walk()) {
      add('records', entry.path, entry.continuations);
      if (entry.type !== 'symlink')
        add(entry.type === 'directory' ? 'folder' : 'file', entry.path, entry.extents);
    }
  }
  const catalogue = await readBootCatalogue(source, iso.descriptors, name);
  if (catalogue !== undefined) {
    add('boot catalogue', '', [catalogue.extent]);
    for (const { offset, loadSectors } of catalogue.images) {
      if (offset === 0 || offset >= source.size) continue;
      const size = Math.max(loadSectors * 512, (await fatSize(source, offset)) ?? 0);
      add('boot image', '', [{ offset, size: Math.min(size, source.size - offset) }]);
    }
  }
  addTables(add, tables, origins);
  add('backup GPT', '', await backupGpt(source));
  return used.sort((a, b) => a.offset - b.offset || a.size - b.size);
}

/**
 * Partitions that do not merely show the ISO itself. An HFS+ volume shares the files with
 * the ISO and has its own folders between them: all of it counts as used.
 */
function addTables(
  add: (what: string, of: string, extents: readonly Extent[]) => void,
  { mbr, gpt, apm, hfs }: Hybrid,
  origins: readonly number[],
): void {
  const partitions = [
    ...(mbr?.partitions ?? [])
      .filter(({ type }) => type !== protectiveType)
      .map(({ number, firstLba, sectors }) => ({
        of: `MBR ${number}`,
        offset: firstLba * diskSector,
        size: sectors * diskSector,
      })),
    // grub-mkrescue covers with partitions of that name what belongs to nothing.
    ...(gpt?.table.partitions ?? [])
      .filter(({ name }) => !isGap(name))
      .map(({ number, firstLba, lastLba }) => ({
        of: `GPT ${number}`,
        offset: firstLba * diskSector,
        size: (lastLba - firstLba + 1) * diskSector,
      })),
    ...(apm?.partitions ?? [])
      .filter(({ name }) => !isGap(name))
      .map(({ number, offset, size }) => ({ of: `Apple ${number}`, offset, size })),
  ];
  // A partition from the system area on is the whole image under another name.
  const showsVolume = (offset: number) => offset < 16 * sectorSize || origins.includes(offset);
  const isHfs = (offset: number) => hfs.some((volume) => volume.offset === offset);
  for (const { of, offset, size } of partitions)
    if (isHfs(offset) || !showsVolume(offset)) add('partition', of, [{ offset, size }]);
}

/** From its entries to the header in the last sector (UEFI 2.10, table 5.5); tools differ in how many entries there are. */
async function backupGpt(source: ByteSource): Promise<Extent[]> {
  const at = Math.floor(source.size / diskSector - 1) * diskSector;
  const header = Buffer.from(await source.read(at, diskSector));
  if (header.length < diskSector || header.toString('latin1', 0, 8) !== gptSignature) return [];
  const entries = Number(header.readBigUInt64LE(72)) * diskSector;
  const start = entries < at ? entries : at;
  return [{ offset: start, size: source.size - start }];
}

const isGap = (name: string) => /^Gap\d+$/.test(name);

/** The size that a FAT boot image says of itself; UEFI reads more than the catalogue's few sectors. */
async function fatSize(source: ByteSource, offset: number): Promise<number | undefined> {
  const inside = { size: source.size - offset, read: (at: number, n: number) => source.read(offset + at, n) };
  return (await probeFat(inside))?.size;
}

/** The runs of whole sectors between what is used, up to `end`. */
export function gapsBetween(used: readonly Extent[], end: number): Extent[] {
  const gaps: Extent[] = [];
  let at = 0;
  for (const { offset, size } of [...used, { offset: end, size: 0 }].sort((a, b) => a.offset - b.offset)) {
    const from = Math.ceil(at / sectorSize) * sectorSize;
    const to = Math.floor(Math.min(offset, end) / sectorSize) * sectorSize;
    if (to > from) gaps.push({ offset: from, size: to - from });
    at = Math.max(at, offset + size);
  }
  return gaps;
}
