/** What of an image is in use, by whom, and what lies between: where something new could be put without overwriting. */
import { type ByteRange, byOffset, endOf } from '../byte-range.ts';
import { type ByteSource, within } from '../bytes.ts';
import { probeFat } from '../filesystems/fat/boot-sector.ts';
import { gptSignature } from '../partition-tables/gpt.ts';
import { protectiveType } from '../partition-tables/mbr.ts';
import { allDescriptors, allTrees } from './all-trees.ts';
import { sectorSize } from './bounded-read.ts';
import { firstDescriptor } from './descriptors.ts';
import { readBootCatalogue } from './el-torito.ts';
import { diskSector, type Hybrid, readHybrid } from './hybrid.ts';
import type { Iso } from './image.ts';

export interface Used extends ByteRange {
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
  const used: Used[] = [{ offset: 0, length: firstDescriptor * sectorSize, what: 'system area', of: '' }];
  const add = (what: string, of: string, ranges: readonly ByteRange[]) => {
    for (const { offset, length } of ranges) if (length > 0) used.push({ offset, length, what, of });
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
      add('boot image', '', [{ offset, length: Math.min(size, source.size - offset) }]);
    }
  }
  addTables(add, tables, origins);
  add('backup GPT', '', await backupGpt(source));
  return used.sort(byOffset);
}

/**
 * Partitions that do not merely show the ISO itself. An HFS+ volume shares the files with
 * the ISO and has its own folders between them: all of it counts as used.
 */
function addTables(
  add: (what: string, of: string, ranges: readonly ByteRange[]) => void,
  { mbr, gpt, apm, hfs }: Hybrid,
  origins: readonly number[],
): void {
  const partitions = [
    ...(mbr?.partitions ?? [])
      .filter(({ type }) => type !== protectiveType)
      .map(({ number, firstLba, sectors }) => ({
        of: `MBR ${number}`,
        offset: firstLba * diskSector,
        length: sectors * diskSector,
      })),
    // grub-mkrescue covers with partitions of that name what belongs to nothing.
    ...(gpt?.table.partitions ?? [])
      .filter(({ name }) => !isGap(name))
      .map(({ number, firstLba, lastLba }) => ({
        of: `GPT ${number}`,
        offset: firstLba * diskSector,
        length: (lastLba - firstLba + 1) * diskSector,
      })),
    ...(apm?.partitions ?? [])
      .filter(({ name }) => !isGap(name))
      .map(({ number, offset, size }) => ({ of: `Apple ${number}`, offset, length: size })),
  ];
  // A partition from the system area on is the whole image under another name.
  const showsVolume = (offset: number) => offset < firstDescriptor * sectorSize || origins.includes(offset);
  const isHfs = (offset: number) => hfs.some((volume) => volume.offset === offset);
  for (const { of, ...range } of partitions)
    if (isHfs(range.offset) || !showsVolume(range.offset)) add('partition', of, [range]);
}

/** From its entries to the header in the last sector (UEFI 2.10, table 5.5); tools differ in how many entries there are. */
async function backupGpt(source: ByteSource): Promise<ByteRange[]> {
  const last = Math.floor(source.size / diskSector - 1) * diskSector;
  const header = Buffer.from(await source.read(last, diskSector));
  if (header.length < diskSector || header.toString('latin1', 0, 8) !== gptSignature) return [];
  const entries = Number(header.readBigUInt64LE(72)) * diskSector;
  const offset = entries < last ? entries : last;
  return [{ offset, length: source.size - offset }];
}

const isGap = (name: string) => /^Gap\d+$/.test(name);

/** The size that a FAT boot image says of itself; UEFI reads more than the catalogue's few sectors. */
async function fatSize(source: ByteSource, offset: number): Promise<number | undefined> {
  return (await probeFat(within(source, offset)))?.size;
}

/** The runs of whole sectors between what is used, up to `end`. */
export function gapsBetween(used: readonly ByteRange[], end: number): ByteRange[] {
  const gaps: ByteRange[] = [];
  let done = 0;
  for (const range of [...used, { offset: end, length: 0 }].sort((a, b) => a.offset - b.offset)) {
    const from = Math.ceil(done / sectorSize) * sectorSize;
    const to = Math.floor(Math.min(range.offset, end) / sectorSize) * sectorSize;
    if (to > from) gaps.push({ offset: from, length: to - from });
    done = Math.max(done, endOf(range));
  }
  return gaps;
}
