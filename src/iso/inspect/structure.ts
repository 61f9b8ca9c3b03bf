/**
 * What firmware and file systems go by, looked over: is the image whole, do its boot images lie in it and find
 * themselves, are its partition tables sound, do all its trees show the same files. Each fault is a line for people.
 */
import { OpsError } from '../../errors.ts';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { probeFat } from '../../formats/filesystems/fat/boot-sector.ts';
import { allTrees } from '../../formats/iso9660/all-trees.ts';
import {
  type BootCatalogue,
  type BootImage,
  bootInfoChecksum,
  decodeBootInfoTable,
  platforms,
  readBootCatalogue,
} from '../../formats/iso9660/el-torito.ts';
import { diskSector, type Hybrid, readHybrid } from '../../formats/iso9660/hybrid.ts';
import type { Iso, IsoEntry } from '../../formats/iso9660/image.ts';
import { readPathTable } from '../../formats/iso9660/path-table.ts';
import type { Tree } from '../../formats/iso9660/tree.ts';
import { pushAll } from '../../formats/long-lists.ts';
import { protectiveType } from '../../formats/partition-tables/mbr.ts';
import { grubAddressFaults } from './grub-addresses.ts';
import { type CompareOptions, disagreements } from './tree-agreement.ts';

export interface Structure {
  readonly catalogue: BootCatalogue | undefined;
  readonly hybrid: Hybrid;
  readonly trees: readonly Tree[];
  /** The files of the primary tree. */
  readonly files: readonly IsoEntry[];
  readonly faults: readonly string[];
}

/** Of a boot image that is read as a whole. */
export const bootImageLimit = 16 * 1024 * 1024;

/**
 * Reads all structures and no content but that of boot images, and what `compare` asks for. Faults are told, not
 * thrown.
 */
export async function readStructure(
  source: ByteSource,
  iso: Iso,
  name: string,
  compare: CompareOptions = {},
): Promise<Structure> {
  const faults: string[] = [];
  if (iso.size > source.size) faults.push(`truncated: it has ${source.size} bytes instead of ${iso.size}`);
  const catalogue = await telling(faults, () => readBootCatalogue(source, iso.descriptors, name));
  faults.push(...(catalogue?.faults ?? []));
  const hybrid = await readHybrid(source);
  faults.push(...hybrid.faults, ...gptFaults(hybrid), ...partitionFaults(hybrid, source));
  const trees = (await telling(faults, () => allTrees(source, iso, name))) ?? [];
  const listed: IsoEntry[][] = [];
  for (const tree of trees) listed.push((await telling(faults, () => filesOf(tree))) ?? []);
  const files = listed[0] ?? [];
  pushAll(
    faults,
    files.flatMap((file) => behindEnd(file, source)),
  );
  for (const [index, tree] of trees.entries()) {
    pushAll(
      faults,
      (listed[index] ?? []).flatMap((file) => behindVolume(file, tree, source)),
    );
    const primary = trees[0];
    if (index > 0 && primary !== undefined) {
      const own = { tree, files: listed[index] ?? [] };
      const found = await telling(faults, () =>
        disagreements(source, { tree: primary, files }, own, compare),
      );
      pushAll(faults, found ?? []);
    }
    pushAll(faults, (await telling(faults, () => pathTableFaults(source, tree, name))) ?? []);
  }
  for (const image of catalogue?.images ?? [])
    pushAll(faults, (await telling(faults, () => bootImageFaults(source, files, image))) ?? []);
  return { catalogue, hybrid, trees, files, faults: [...new Set(faults)] };
}

/** A refusal of the reader becomes a fault. */
async function telling<T>(faults: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    faults.push(error.message);
    return undefined;
  }
}

async function filesOf(tree: Tree): Promise<IsoEntry[]> {
  const files: IsoEntry[] = [];
  for await (const entry of tree.walk()) if (entry.type === 'file') files.push(entry);
  return files;
}

const behindEnd = ({ path, extents }: IsoEntry, source: ByteSource): string[] =>
  extents.some((extent) => extent.length > 0 && endOf(extent) > source.size)
    ? [`/${path} is past the end of the image`]
    : [];

/** In the image, but where the volume says that it has ended: tools refuse such files or cut them off. */
function behindVolume({ path, extents }: IsoEntry, { volume }: Tree, source: ByteSource): string[] {
  const end = volume.form.origin + volume.size;
  return extents.some((extent) => extent.length > 0 && endOf(extent) > end && endOf(extent) <= source.size)
    ? [`/${path} is past the end of the volume, which says that it has ${volume.size} bytes`]
    : [];
}

/** Folders that a system does not show: they only hold others that lie too deep (RRIP 4.1.5.3). */
async function hiddenFolders(tree: Tree, paths: readonly string[]): Promise<Set<number>> {
  const hidden = new Set<number>();
  for (const path of paths) for (const offset of (await tree.folder(path)).hidden) hidden.add(offset);
  return hidden;
}

async function pathTableFaults(source: ByteSource, tree: Tree, name: string): Promise<string[]> {
  const folders = new Set([tree.volume.root.extent.offset]);
  const paths = [''];
  for await (const { path, type, extents } of tree.walk()) {
    if (type !== 'directory') continue;
    folders.add(extents[0]?.offset ?? 0);
    paths.push(path);
  }
  const faults: string[] = [];
  for (const table of tree.volume.pathTables) {
    const entries = await readPathTable(source, table, tree.volume.form.origin, name);
    const unknown = entries.filter(({ offset }) => !folders.has(offset));
    const hidden = unknown.length === 0 ? folders : await hiddenFolders(tree, paths);
    const strange = unknown.find(({ offset }) => !hidden.has(offset));
    if (strange !== undefined)
      faults.push(`a path table names something that is not a folder (at byte ${strange.place.offset})`);
    else if (new Set(entries.map(({ offset }) => offset)).size < folders.size)
      faults.push(`a path table leaves out folders (at byte ${table.offset})`);
  }
  return faults;
}

/** What isohybrid makes on purpose is no fault: partitions over one another, and an MBR that is not protective. */
function gptFaults({ gpt }: Hybrid): string[] {
  return (gpt?.faults ?? [])
    .filter((fault) => !/overlaps partition|no protective MBR/.test(fault))
    .map((fault) => `GPT, ${fault}`);
}

function partitionFaults({ mbr, apm }: Hybrid, source: ByteSource): string[] {
  const behind = (offset: number, size: number) => offset + size > source.size;
  return [
    ...(mbr?.partitions ?? [])
      .filter(({ type }) => type !== protectiveType)
      .filter(({ firstLba, sectors }) => behind(firstLba * diskSector, sectors * diskSector))
      .map(({ number }) => `MBR, partition ${number} extends past the end`),
    ...(mbr?.partitions ?? [])
      .filter(({ type, sectors }) => type === protectiveType && behind(diskSector, sectors * diskSector))
      .map(() => 'MBR, the protective partition extends past the end'),
    ...(apm?.partitions ?? [])
      .filter(({ offset, size }) => behind(offset, size))
      .map(({ number }) => `Apple partition map, partition ${number} extends past the end`),
  ];
}

async function bootImageFaults(
  source: ByteSource,
  files: readonly IsoEntry[],
  image: BootImage,
): Promise<string[]> {
  const { offset, platform, bootable, loadSectors } = image;
  const which = `the boot image for ${platformName(platform)}`;
  if (offset === 0) return bootable ? [`${which} is missing`] : [];
  if (offset + loadSectors * 512 > source.size) return [`${which} is past the end of the image`];
  if (platform === platforms.efi) {
    const inside = within(source, offset);
    const fat = await probeFat(inside);
    if (fat === undefined) return [`${which} is not a FAT file system (at byte ${offset})`];
    return fat.size > inside.size ? [`${which} is cut off`] : [];
  }
  const file = bootFile(files, image);
  const extent: ByteRange = file?.extents[0] ?? { offset, length: loadSectors * 512 };
  if (extent.length > bootImageLimit) return [];
  const bytes = await source.read(extent.offset, extent.length);
  const table = decodeBootInfoTable(bytes);
  if (table === undefined) return [];
  return [
    ...(await grubAddressFaults(source, offset)),
    ...(table.imageSector * 2048 === offset
      ? []
      : [`${which} looks for itself at sector ${table.imageSector}`]),
    ...(file === undefined || table.size !== extent.length || table.checksum === bootInfoChecksum(bytes)
      ? []
      : [`${which} has been changed since its checksum was made`]),
  ];
}

/** The file of the ISO that a boot image is; undefined when it is none, such as a partition of its own. */
export const bootFile = (files: readonly IsoEntry[], image: BootImage): IsoEntry | undefined =>
  files.find(({ extents }) => extents[0]?.offset === image.offset && extents[0].length > 0);

/** `BIOS`, `UEFI` or the number. */
export function platformName(platform: number): string {
  const names: Readonly<Record<number, string>> = {
    [platforms.pc]: 'BIOS',
    [platforms.efi]: 'UEFI',
    [platforms.powerpc]: 'PowerPC',
    [platforms.mac]: 'Mac',
  };
  return names[platform] ?? `platform ${platform}`;
}
