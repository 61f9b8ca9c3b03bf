/**
 * The folders of one tree as entries: each with where it and its records lie. What the tree is read from and how is
 * in a TreeSource, which readers and editors of a tree share.
 */
import { refused } from '../../errors.ts';
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { type Budget, invalid, readRange, sectorSize } from './bounded-read.ts';
import type { Volume } from './descriptors.ts';
import { type Directory, type DirectoryEntry, type DirectoryOptions, readDirectory } from './directory.ts';
import { decodeRecord, systemUseOf } from './record.ts';
import type { Zisofs } from './rock-ridge.ts';
import { decodeSharing, type Susp } from './susp.ts';

export interface IsoEntry {
  /** From the root of the image, without a leading slash; empty for the root. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Bytes; 0 for a link. */
  readonly size: number;
  /** Where the content lies, in bytes; more than one for files of 4 GB and up. */
  readonly extents: readonly ByteRange[];
  /** What a link says. */
  readonly target?: string;
  /** File type and permission bits, as in stat(2); only with Rock Ridge. */
  readonly mode?: number;
  /** Its directory records, one for each extent; for the root that in the volume descriptor. */
  readonly records: readonly ByteRange[];
  /** Areas in which Rock Ridge goes on where the record has no room. */
  readonly continuations: readonly ByteRange[];
  /** The content is compressed, and `size` is that of what lies in the image. */
  readonly zisofs?: Zisofs;
}

/** A folder with the places that change when something is put into it. */
export interface IsoFolder extends Directory {
  readonly entry: IsoEntry;
  readonly children: readonly IsoEntry[];
}

export interface TreeSource {
  readonly source: ByteSource;
  /** What is read, for what is said of it. */
  readonly name: string;
  readonly volume: Volume;
  /** Where Rock Ridge begins in each record; undefined for a tree without. */
  readonly susp: Susp | undefined;
}

const maximumDirectory = 16 * 2 ** 20;

/** Throws OpsError (refused) `iso-truncated`. */
export async function treeSource(source: ByteSource, volume: Volume, name: string): Promise<TreeSource> {
  const { extent } = volume.root;
  if (volume.kind === 'joliet') return { source, name, volume, susp: undefined };
  const first = await readRange(source, { offset: extent.offset, length: sectorSize }, name);
  const self = decodeRecord(first, 0, extent.offset);
  return { source, name, volume, susp: self && decodeSharing(systemUseOf(self.bytes)) };
}

export const rootOf = ({ root }: Volume): IsoEntry => ({
  path: '',
  type: 'directory',
  size: root.extent.length,
  extents: [root.extent],
  records: [root.place],
  continuations: [],
});

/** The bytes of a folder, and how its records are to be read. Throws OpsError (refused) `iso-invalid`, `iso-truncated`. */
export async function readFolder<T>(
  { source, name, volume, susp }: TreeSource,
  folder: { readonly path: string; readonly extent: ByteRange; readonly record?: ByteRange | undefined },
  budget: Budget,
  parse: (bytes: Uint8Array, base: number, options: DirectoryOptions) => Promise<T>,
): Promise<T> {
  const { path, extent, record } = folder;
  const { offset, length } = extent;
  if (length > maximumDirectory)
    throw invalid(`the folder /${path} in ${name} claims ${length} bytes`, record?.offset ?? 0);
  budget(length, offset);
  return parse(await readRange(source, extent, name), offset, {
    form: volume.form,
    susp,
    read: (area) => {
      budget(area.length, area.offset);
      return readRange(source, area, name);
    },
  });
}

/** Throws OpsError (refused) `iso-invalid`, `iso-truncated`, `iso-file-missing` for what is not a folder. */
export async function openFolder(tree: TreeSource, entry: IsoEntry, budget: Budget): Promise<IsoFolder> {
  const { path, type, extents, records } = entry;
  const [extent] = extents;
  if (type !== 'directory' || extent === undefined)
    throw refused('iso-file-missing', `/${path} in ${tree.name} is not a folder`);
  const directory = await readFolder(tree, { path, extent, record: records[0] }, budget, readDirectory);
  const children: IsoEntry[] = [];
  for (const record of directory.entries) children.push(await entryOf(tree, entry, record, budget));
  return { ...directory, entry, children };
}

async function entryOf(
  tree: TreeSource,
  parent: IsoEntry,
  record: DirectoryEntry,
  budget: Budget,
): Promise<IsoEntry> {
  const { places, extents, continuations, target, mode, child, zisofs } = record;
  const own = {
    path: parent.path === '' ? record.name : `${parent.path}/${record.name}`,
    records: places,
    continuations,
    ...(mode === undefined ? {} : { mode }),
    ...(zisofs === undefined || record.type !== 'file' ? {} : { zisofs }),
  };
  if (child !== undefined) {
    budget(sectorSize, child);
    const extent = await movedFolder(tree, child);
    return { ...own, type: 'directory', size: extent.length, extents: [extent] };
  }
  if (target !== undefined) return { ...own, type: 'symlink', size: 0, extents, target };
  return { ...own, type: record.type, size: extents.reduce((sum, { length }) => sum + length, 0), extents };
}

/** The folder that lies elsewhere: its own first record says how long it is. */
async function movedFolder({ source, name, volume }: TreeSource, offset: number): Promise<ByteRange> {
  const first = await readRange(source, { offset, length: sectorSize }, name);
  const self = decodeRecord(first, 0, offset, volume.form);
  if (self?.name !== '') throw invalid('a moved folder does not point to a folder', offset);
  return { offset, length: self.extent.length };
}
