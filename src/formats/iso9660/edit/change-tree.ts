/**
 * Changes of one tree as writes. Whatever is changed, a reader sees the old tree until one sector is written and the
 * new tree from then on: the sector of a directory when all changes lie in it and fit, else that of the volume
 * descriptor, after new directories have been laid out where nobody reads.
 */
import { usage } from '../../../errors.ts';
import type { ByteRange, PlacedBytes } from '../../byte-range.ts';
import { invalid, readRange, sectorSize } from '../bounded-read.ts';
import { packRecords, recordStarts } from '../directory.ts';
import type { TreeSource } from '../folders.ts';
import { isSelfOrParent, pointedAt, pointerLength, viewOf } from '../record.ts';
import { withRoot } from './descriptor.ts';
import {
  childFolder,
  countFolderIn,
  type FolderNode,
  loadFolder,
  putFile,
  putLink,
  removeEntry,
} from './folder-node.ts';
import { changedPathTables } from './path-tables.ts';

/** A file to put at a path, replacing what is there, or (without extents) an entry to take away. */
export interface TreeChange {
  /** Relative to the root, as a person sees it, without links on the way. */
  readonly path: string;
  /** Where the content lies in the image. */
  readonly extents?: readonly ByteRange[];
  /** Or a symbolic link that says this. */
  readonly link?: string;
  /** Of a file that is new. */
  readonly executable?: boolean;
}

export interface TreeEdit {
  /** Where nobody reads yet. */
  readonly data: readonly PlacedBytes[];
  /** The volume descriptor, when it changes. */
  readonly descriptor?: Uint8Array;
  /** Sectors of directories, when the changes fit into them: one, unless several were allowed. */
  readonly sectors: readonly PlacedBytes[];
  /** What is only tidy: the `..` of folders whose parent has moved. */
  readonly after: readonly PlacedBytes[];
}

export interface TreeOptions {
  /** Gives room for that many bytes: where it begins in the image, at the start of a sector. */
  readonly allocate: (bytes: number) => number;
  /** Rather several sectors one after the other than new directories. */
  readonly manySectors?: boolean;
}

/** Throws OpsError (usage) `iso-name-exists`, `iso-name`, `iso-entry-missing`; (refused) `iso-invalid`. */
export async function changeTree(
  tree: TreeSource,
  changes: readonly TreeChange[],
  { allocate, manySectors = false }: TreeOptions,
): Promise<TreeEdit> {
  const root = await loadFolder(tree, '', tree.volume.root.extent);
  for (const change of changes) await apply(tree, root, change);
  const sectors = sectorsOf(root);
  if (sectors !== undefined && (sectors.length <= 1 || manySectors)) return { data: [], sectors, after: [] };
  return relocated(tree, root, allocate);
}

async function apply(tree: TreeSource, root: FolderNode, change: TreeChange): Promise<void> {
  const { path, extents, link, executable } = change;
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = root;
  for (const part of parts) folder = await childFolder(tree, folder, part);
  if (link !== undefined) putLink(tree, folder, name, link);
  else if (extents !== undefined) putFile(tree, folder, name, extents, executable);
  else if (!removeEntry(folder, name))
    throw usage('iso-entry-missing', `The image does not contain /${path}`, {
      hint: '`opsctl iso inspect` lists what it contains.',
    });
}

/** The sectors that change, if the changes fit into them and no folder comes, goes or moves. */
function sectorsOf(root: FolderNode): PlacedBytes[] | undefined {
  const changed: PlacedBytes[] = [];
  for (const folder of everyFolder(root)) {
    // A folder that was taken away is in the path tables too.
    if (folder.old === undefined || folder.removed.size > 0) return undefined;
    for (const sector of folder.touched) {
      const records = folder.rows.filter((row) => row.sector === sector).map(({ bytes }) => bytes);
      if (records.reduce((sum, { length }) => sum + length, 0) > sectorSize) return undefined;
      const bytes = new Uint8Array(sectorSize);
      bytes.set(packRecords(records));
      changed.push({ offset: folder.old.offset + sector * sectorSize, bytes });
    }
  }
  return changed;
}

/** Lays out every touched folder anew, up to the root. */
async function relocated(
  tree: TreeSource,
  root: FolderNode,
  allocate: TreeOptions['allocate'],
): Promise<TreeEdit> {
  const { volume } = tree;
  const places = new Map<FolderNode, ByteRange>();
  for (const folder of everyFolder(root)) {
    const { length } = packRecords(folder.rows.map(({ bytes }) => bytes));
    places.set(folder, { offset: allocate(length), length });
  }
  const placeOf = (folder: FolderNode) => places.get(folder) as ByteRange;
  const data: PlacedBytes[] = [];
  const after: PlacedBytes[] = [];
  const fill = async (folder: FolderNode, parent: FolderNode) => {
    after.push(...(await pointRows(tree, folder, parent, placeOf)));
    data.push({
      offset: placeOf(folder).offset,
      bytes: packRecords(folder.rows.map(({ bytes }) => bytes)),
    });
    for (const child of folder.children.values()) await fill(child, folder);
  };
  await fill(root, root);
  const tables = await changedPathTables(tree, root, placeOf);
  const little = allocate(tables.little.length);
  const big = allocate(tables.big.length);
  data.push({ offset: little, bytes: tables.little }, { offset: big, bytes: tables.big });
  const { length } = tables.little;
  return { data, descriptor: withRoot(volume, placeOf(root), { little, big, length }), sectors: [], after };
}

/** The records of a folder at its new place; what is left to be written is the `..` of folders that stay. */
async function pointRows(
  tree: TreeSource,
  folder: FolderNode,
  parent: FolderNode,
  placeOf: (folder: FolderNode) => ByteRange,
): Promise<PlacedBytes[]> {
  const { origin } = tree.volume.form;
  const after: PlacedBytes[] = [];
  for (const [index, row] of folder.rows.entries()) {
    const child = folder.children.get(row.name);
    const target = [folder, parent][index] ?? child;
    if (target !== undefined) row.bytes = pointedAt(row.bytes, placeOf(target), origin);
    else if (row.directory && row.extent !== undefined)
      after.push(await parentPointer(tree, row.extent, placeOf(folder)));
    if (child === undefined) continue;
    for (const made of child.children.values())
      if (made.old === undefined) countFolderIn(tree, { bytes: row.bytes, isRoot: false });
  }
  return after;
}

function everyFolder(root: FolderNode): FolderNode[] {
  return [root, ...[...root.children.values()].flatMap(everyFolder)];
}

/** The extent in the `..` of a folder that stays where it is. Throws `iso-invalid` (refused) for one without. */
async function parentPointer(
  { source, name, volume }: TreeSource,
  folder: ByteRange,
  parent: ByteRange,
): Promise<PlacedBytes> {
  const first = { offset: folder.offset, length: Math.min(folder.length, sectorSize) };
  const bytes = await readRange(source, first, name);
  // 6.8.2.2: the second record, behind that of the folder itself.
  const [self, start] = recordStarts(bytes, folder.offset, name);
  const view = viewOf(bytes);
  if (
    self === undefined ||
    start === undefined ||
    ![self, start].every((record) => isSelfOrParent(view, record))
  )
    throw invalid(`a folder of ${name} does not begin with itself`, folder.offset);
  const record = pointedAt(bytes.subarray(start, start + (bytes[start] ?? 0)), parent, volume.form.origin);
  return { offset: folder.offset + start, bytes: record.subarray(0, pointerLength) };
}
