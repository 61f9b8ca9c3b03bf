/** The folders of a tree that an edit touches, loaded from the image or new, with their records as they are to be. */
import { usage } from '../../../errors.ts';
import type { ByteRange } from '../../byte-range.ts';
import { budgetOf, invalid, sectorSize } from '../bounded-read.ts';
import { type NamedRecord, readRecords } from '../directory.ts';
import { readFolder, type TreeSource } from '../folders.ts';
import { compareIdentifiers, continuing, identifierOf, pointedAt } from '../record.ts';
import { countFolder } from '../rock-ridge.ts';
import { Identifiers } from './identifiers.ts';
import { type NewEntry, newRecords, type SelfRecord, selfRecords, useFields } from './new-record.ts';

/** A record of a folder as it is to be. */
export interface Row {
  /** As a person sees it; `.` and `..` for the first two. */
  readonly name: string;
  bytes: Uint8Array;
  readonly directory: boolean;
  /** Where its content lies; undefined for a new folder, which gets its place when folders are laid out. */
  readonly extent: ByteRange | undefined;
  /** The sector of its directory that it lies in, or its neighbour does. */
  readonly sector: number;
}

export interface FolderNode {
  readonly path: string;
  /** Undefined for a new one. */
  readonly old: ByteRange | undefined;
  rows: Row[];
  /** Sectors of the old extent in which something is to change. */
  readonly touched: Set<number>;
  /** Where the folders lie that were taken out of it. */
  readonly removed: Set<number>;
  readonly children: Map<string, FolderNode>;
  /** The identifiers of the rows, once something was added; undefined again when something was taken away. */
  identifiers: Identifiers | undefined;
}

/** Throws OpsError (refused) `iso-invalid`, `iso-truncated`. */
export async function loadFolder(tree: TreeSource, path: string, extent: ByteRange): Promise<FolderNode> {
  const budget = budgetOf(tree.source, tree.name);
  const records = await readFolder(tree, { path, extent }, budget, readRecords);
  if (records[0]?.role !== 'self' || records[1]?.role !== 'parent')
    throw invalid(`the folder /${path} in ${tree.name} does not begin with itself`, extent.offset);
  return emptyNode(
    path,
    extent,
    records.map((record) => rowOf(record, extent)),
  );
}

const emptyNode = (path: string, old: ByteRange | undefined, rows: Row[]): FolderNode => ({
  ...{ path, old, rows },
  touched: new Set(),
  removed: new Set(),
  children: new Map(),
  identifiers: undefined,
});

const specialNames: Readonly<Partial<Record<NamedRecord['role'], string>>> = { self: '.', parent: '..' };

const rowOf = (record: NamedRecord, folder: ByteRange): Row => ({
  name: specialNames[record.role] ?? record.name,
  bytes: new Uint8Array(record.bytes),
  directory: record.type === 'directory',
  extent: record.extent,
  sector: Math.floor((record.place.offset - folder.offset) / sectorSize),
});

/** The folder `name` in `parent`, loaded or made. Throws `iso-name-exists` (usage) when a file has that name. */
export async function childFolder(tree: TreeSource, parent: FolderNode, name: string): Promise<FolderNode> {
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const path = parent.path === '' ? name : `${parent.path}/${name}`;
  const row = parent.rows.find((candidate) => candidate.name === name);
  if (row !== undefined && !row.directory)
    throw usage('iso-name-exists', `/${path} is a file in the image, not a folder`);
  const child =
    row?.extent === undefined
      ? newFolder(tree, parent, path, name)
      : await loadFolder(tree, path, row.extent);
  parent.children.set(name, child);
  return child;
}

function newFolder(tree: TreeSource, parent: FolderNode, path: string, name: string): FolderNode {
  const nowhere = { offset: tree.volume.form.origin, length: sectorSize };
  add(tree, parent, { name, directory: true, extents: [nowhere] });
  countFolderIn(tree, selfOf(parent));
  const rows = selfRecords(tree, selfOf(parent), nowhere).map((bytes, index) => ({
    ...{ name: index === 0 ? '.' : '..', bytes, directory: true, extent: undefined, sector: 0 },
  }));
  return emptyNode(path, undefined, rows);
}

/** Gives the file `name` these extents, whether it is there or not. Throws `iso-name-exists` (usage) for a folder. */
export function putFile(
  tree: TreeSource,
  folder: FolderNode,
  name: string,
  extents: readonly ByteRange[],
  executable = false,
): void {
  const index = folder.rows.findIndex((row) => row.name === name);
  const found = folder.rows[index];
  if (found === undefined) {
    add(tree, folder, { name, directory: false, extents, executable });
    return;
  }
  if (found.directory) throw usage('iso-name-exists', `/${folder.path}/${name} is a folder in the image`);
  const old = folder.rows.filter((row) => row.name === name);
  for (const row of old) folder.touched.add(row.sector);
  const rows = extents.map((extent, part) => {
    const bytes = pointedAt(plain(tree, old[part]?.bytes ?? found.bytes), extent, tree.volume.form.origin);
    return { ...found, bytes: continuing(bytes, part < extents.length - 1), extent };
  });
  folder.rows.splice(index, old.length, ...rows);
}

/** The record without the field that says that its content is compressed: new content is not. */
function plain(tree: TreeSource, record: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(record);
  // Another name that nobody knows takes as many bytes.
  for (const field of useFields(tree, { bytes, isRoot: false }))
    if (field.signature === 'ZF') field.bytes.set(Buffer.from('ZX'));
  return bytes;
}

/** Makes `name` a symbolic link; trees without Rock Ridge have none, and no entry then. */
export function putLink(tree: TreeSource, folder: FolderNode, name: string, target: string): void {
  removeEntry(folder, name);
  if (tree.susp === undefined) return;
  const nothing = { offset: tree.volume.form.origin, length: 0 };
  add(tree, folder, { name, directory: false, extents: [nothing], target });
}

/** Takes an entry away; false when nothing has that name. */
export function removeEntry(folder: FolderNode, name: string): boolean {
  const gone = folder.rows.filter((row) => row.name === name);
  for (const row of gone) {
    folder.touched.add(row.sector);
    if (row.directory && row.extent !== undefined) folder.removed.add(row.extent.offset);
  }
  folder.rows = folder.rows.filter((row) => row.name !== name);
  folder.identifiers = undefined;
  return gone.length > 0;
}

/** One folder more in the one that this record tells of. */
export const countFolderIn = (tree: TreeSource, record: SelfRecord): void =>
  countFolder(useFields(tree, record));

function selfOf({ path, rows }: FolderNode): SelfRecord {
  const [self] = rows;
  if (self === undefined) throw new Error(`the folder /${path} has no record of itself`);
  return { bytes: self.bytes, isRoot: path === '' };
}

/** In the order of identifiers (9.3), in the sector of the record before. */
function add(tree: TreeSource, folder: FolderNode, entry: NewEntry): void {
  folder.identifiers ??= new Identifiers(folder.rows.map(({ bytes }) => identifierOf(bytes)));
  const records = newRecords(tree, entry, selfOf(folder), folder.identifiers);
  const [first] = records;
  if (first === undefined) return;
  folder.identifiers.add(identifierOf(first));
  const index = placeOf(folder, first);
  const sector = folder.rows[index - 1]?.sector ?? 0;
  folder.touched.add(sector);
  const { name, directory, extents } = entry;
  const rows = records.map((bytes, part) => {
    const extent = directory ? undefined : extents[part];
    return { name, bytes, directory, extent, sector };
  });
  folder.rows.splice(index, 0, ...rows);
}

/** Where a record goes: before the first one that comes after it. Foreign folders may be in no order. */
function placeOf({ rows, identifiers }: FolderNode, record: Uint8Array): number {
  const isAfter = (index: number) => compareIdentifiers(rows[index]?.bytes ?? record, record) > 0;
  let from = Math.min(2, rows.length);
  let to = rows.length;
  if (identifiers?.inOrder !== true) {
    while (from < to && !isAfter(from)) from += 1;
    return from;
  }
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (isAfter(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
