/**
 * Changes of one tree as writes. Whatever is changed, a reader sees the old tree until one sector is written and the
 * new tree from then on: the sector of a directory when all changes lie in it and fit, else that of the volume
 * descriptor, after new directories have been laid out where nobody reads.
 */
import { usage } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import type { Region } from '../partition-tables/gpt.ts';
import { packRecords, readBlocks } from './directory.ts';
import {
  addLink,
  childFolder,
  extentOf,
  type FolderNode,
  loadFolder,
  putFile,
  putLink,
  removeEntry,
} from './folder-node.ts';
import { changedPathTables, withRoot } from './move-folders.ts';
import { blockSize, type Extent, pointed } from './record.ts';
import type { Volume } from './volume.ts';

/** A file to put at a path, replacing what is there, or (without extents) an entry to take away. */
export interface TreeChange {
  /** Relative to the root, as a person sees it, without links on the way. */
  readonly path: string;
  /** Blocks of the image, not of the tree. */
  readonly extents?: readonly Extent[];
  /** Or a symbolic link that says this. */
  readonly link?: string;
  /** Of a file that is new. */
  readonly executable?: boolean;
}

export interface TreeEdit {
  /** Where nobody reads yet. */
  readonly data: readonly Region[];
  /** The volume descriptor, when it changes. */
  readonly descriptor?: Uint8Array;
  /** Sectors of directories, when the changes fit into them: one, unless several were allowed. */
  readonly sectors: readonly Region[];
  /** What is only tidy: the `..` of folders whose parent has moved. */
  readonly after: readonly Region[];
}

export interface TreeOptions {
  /** Gives room for that many bytes: a block of the image. */
  readonly allocate: (bytes: number) => number;
  /** Rather several sectors one after the other than new directories. */
  readonly manySectors?: boolean;
}

/** Throws OpsError (usage) `iso-name-exists`, `iso-name`, `iso-entry-missing`; (refused) `iso-invalid`. */
export async function changeTree(
  source: ByteSource,
  volume: Volume,
  changes: readonly TreeChange[],
  { allocate, manySectors = false }: TreeOptions,
): Promise<TreeEdit> {
  const root = await loadFolder(source, volume, '', volume.root);
  for (const { path, extents, link, executable } of changes) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) folder = await childFolder(source, volume, folder, part);
    if (link !== undefined) {
      await putLink(volume, folder, name, link);
    } else if (extents === undefined) {
      if (!removeEntry(folder, name))
        throw usage('iso-entry-missing', `The image does not contain /${path}`, {
          hint: '`opsctl iso inspect` lists what it contains.',
        });
    } else {
      const shifted = extents.map(({ block, size }) => ({ block: block - volume.base, size }));
      await putFile(volume, folder, name, shifted, executable);
    }
  }
  const sectors = sectorsOf(volume, root);
  if (sectors !== undefined && (sectors.length <= 1 || manySectors)) return { data: [], sectors, after: [] };
  return moved(source, volume, root, allocate);
}

/** The sectors that change, if the changes fit into them and no folder comes, goes or moves. */
function sectorsOf(volume: Volume, root: FolderNode): Region[] | undefined {
  const regions: Region[] = [];
  for (const folder of everyFolder(root)) {
    // A folder that was taken away is in the path tables too.
    if (folder.old === undefined || folder.removed.size > 0) return undefined;
    for (const sector of folder.touched) {
      const records = folder.rows.filter((row) => row.sector === sector).map(({ bytes }) => bytes);
      if (records.reduce((sum, { length }) => sum + length, 0) > blockSize) return undefined;
      const bytes = new Uint8Array(blockSize);
      bytes.set(packRecords(records));
      regions.push({ offset: (volume.base + folder.old.block + sector) * blockSize, bytes });
    }
  }
  return regions;
}

/** Lays out every touched folder anew, up to the root. */
async function moved(
  source: ByteSource,
  volume: Volume,
  root: FolderNode,
  allocate: TreeOptions['allocate'],
): Promise<TreeEdit> {
  const data: Region[] = [];
  const after: Region[] = [];
  const places = new Map<FolderNode, Extent>();
  const folders = everyFolder(root);
  for (const folder of folders) {
    const size = packRecords(folder.rows.map(({ bytes }) => bytes)).length;
    places.set(folder, { block: allocate(size) - volume.base, size });
  }
  const place = (folder: FolderNode) => places.get(folder) as Extent;
  const fill = async (folder: FolderNode, parent: FolderNode) => {
    for (const [index, row] of folder.rows.entries()) {
      const child = folder.children.get(row.name);
      if (index === 0) row.bytes = pointed(row.bytes, place(folder));
      else if (index === 1) row.bytes = pointed(row.bytes, place(parent));
      else if (child !== undefined) row.bytes = pointed(row.bytes, place(child));
      else if (row.directory && row.block > 0)
        after.push(await parentPointer(source, volume, extentOf(row.bytes), place(folder)));
      if (child === undefined) continue;
      for (const made of child.children.values()) if (made.old === undefined) addLink(row.bytes);
    }
    const bytes = packRecords(folder.rows.map(({ bytes: one }) => one));
    data.push({ offset: (volume.base + place(folder).block) * blockSize, bytes });
    for (const child of folder.children.values()) await fill(child, folder);
  };
  await fill(root, root);
  const tables = await changedPathTables(source, volume, root, place);
  const at = {
    little: allocate(tables.little.length) - volume.base,
    big: allocate(tables.big.length) - volume.base,
  };
  for (const order of ['little', 'big'] as const)
    data.push({ offset: (volume.base + at[order]) * blockSize, bytes: tables[order] });
  const descriptor = withRoot(volume.descriptor, place(root), { ...at, size: tables.little.length });
  return { data, descriptor, sectors: [], after };
}

function everyFolder(root: FolderNode): FolderNode[] {
  return [root, ...[...root.children.values()].flatMap(everyFolder)];
}

/** The extent in the `..` of a folder that stays where it is. */
async function parentPointer(
  source: ByteSource,
  volume: Volume,
  folder: Extent,
  parent: Extent,
): Promise<Region> {
  const bytes = await readBlocks(source, volume, {
    block: folder.block,
    size: Math.min(folder.size, blockSize),
  });
  const first = bytes[0] ?? 0;
  const record = pointed(bytes.subarray(first, first + (bytes[first] ?? 0)), parent);
  return { offset: (volume.base + folder.block) * blockSize + first, bytes: record.subarray(0, 18) };
}
