/** The folders of a tree that an edit touches, loaded from the image or new, with their records as they are to be. */
import { usage } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import { compareIdentifiers, identifier, readDirectory } from './directory.ts';
import { newRecords, selfRecords } from './new-record.ts';
import { type Extent, multiExtentFlag, pointed, type RawRecord, setBoth32, systemUse } from './record.ts';
import type { Volume } from './volume.ts';

export interface Row {
  readonly name: string;
  bytes: Uint8Array;
  readonly directory: boolean;
  /** Block of the tree; what a folder's own row says is set when folders get their new places. */
  readonly block: number;
  /** The sector of its directory that it lies in, or its neighbour does. */
  readonly sector: number;
  readonly changed: boolean;
}

export interface FolderNode {
  readonly path: string;
  /** Undefined for a new one. */
  readonly old: Extent | undefined;
  rows: Row[];
  /** Sectors of the old extent in which something is to change. */
  readonly touched: Set<number>;
  /** Blocks of the folders that were taken out of it. */
  readonly removed: Set<number>;
  readonly children: Map<string, FolderNode>;
}

const rowOf = (record: RawRecord): Row => ({
  name: record.name,
  bytes: Uint8Array.from(record.bytes),
  directory: record.directory,
  block: record.block,
  sector: Math.floor(record.at / 2048),
  changed: false,
});

export async function loadFolder(
  source: ByteSource,
  volume: Volume,
  path: string,
  extent: Extent,
): Promise<FolderNode> {
  const { records } = await readDirectory(source, volume, extent);
  return {
    path,
    old: extent,
    rows: records.map(rowOf),
    touched: new Set(),
    removed: new Set(),
    children: new Map(),
  };
}

/** The folder `name` in `parent`, loaded or made. Throws `iso-name-exists` (usage) when a file has that name. */
export async function childFolder(
  source: ByteSource,
  volume: Volume,
  parent: FolderNode,
  name: string,
): Promise<FolderNode> {
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const path = parent.path === '' ? name : `${parent.path}/${name}`;
  const row = parent.rows.find((one) => one.name === name);
  if (row !== undefined && !row.directory)
    throw usage('iso-name-exists', `/${path} is a file in the image, not a folder`);
  const child =
    row === undefined
      ? await newFolder(volume, parent, path, name)
      : await loadFolder(source, volume, path, extentOf(row.bytes));
  parent.children.set(name, child);
  return child;
}

async function newFolder(
  volume: Volume,
  parent: FolderNode,
  path: string,
  name: string,
): Promise<FolderNode> {
  const nowhere = { block: 0, size: 2048 };
  const [record] = await newRecords(
    volume,
    { name, directory: true, extents: [nowhere] },
    selfOf(parent),
    (id) => taken(parent, id),
  );
  insert(parent, name, true, record === undefined ? [] : [record]);
  for (const row of parent.rows.slice(0, 1)) addLink(row.bytes);
  const rows = await selfRecords(volume, selfOf(parent), nowhere, nowhere);
  return {
    path,
    old: undefined,
    rows: rows.map((bytes, index) => ({
      ...{ name: index === 0 ? '.' : '..', bytes, directory: true, block: 0, sector: 0, changed: true },
    })),
    touched: new Set(),
    removed: new Set(),
    children: new Map(),
  };
}

/** Gives the file `name` these extents, whether it is there or not. Throws `iso-name-exists` (usage) for a folder. */
export async function putFile(
  volume: Volume,
  folder: FolderNode,
  name: string,
  extents: readonly Extent[],
  executable = false,
): Promise<void> {
  const at = folder.rows.findIndex((row) => row.name === name);
  const found = folder.rows[at];
  if (found === undefined) {
    const entry = { name, directory: false, extents, executable };
    const records = await newRecords(volume, entry, selfOf(folder), (id) => taken(folder, id));
    insert(folder, name, false, records);
    return;
  }
  if (found.directory) throw usage('iso-name-exists', `/${folder.path}/${name} is a folder in the image`);
  const old = folder.rows.filter((row) => row.name === name);
  for (const row of old) folder.touched.add(row.sector);
  const rows = extents.map((extent, index) => {
    const bytes = pointed(old[index]?.bytes ?? found.bytes, extent);
    const more = index < extents.length - 1 ? multiExtentFlag : 0;
    bytes[25] = ((bytes[25] ?? 0) & ~multiExtentFlag) | more;
    return { ...found, bytes, block: extent.block, changed: true };
  });
  folder.rows.splice(at, old.length, ...rows);
}

/** Makes `name` a symbolic link; trees without Rock Ridge have none, and no entry then. */
export async function putLink(
  volume: Volume,
  folder: FolderNode,
  name: string,
  target: string,
): Promise<void> {
  removeEntry(folder, name);
  if (volume.naming !== 'rock-ridge') return;
  const entry = { name, directory: false, extents: [{ block: 0, size: 0 }], target };
  insert(folder, name, false, await newRecords(volume, entry, selfOf(folder), (id) => taken(folder, id)));
}

/** Takes an entry away; false when nothing has that name. */
export function removeEntry(folder: FolderNode, name: string): boolean {
  const gone = folder.rows.filter((row) => row.name === name);
  for (const row of gone) {
    folder.touched.add(row.sector);
    if (row.directory) folder.removed.add(row.block);
  }
  folder.rows = folder.rows.filter((row) => row.name !== name);
  return gone.length > 0;
}

export const selfOf = (folder: FolderNode): Uint8Array => folder.rows[0]?.bytes ?? new Uint8Array(34);

export function extentOf(bytes: Uint8Array): Extent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { block: view.getUint32(2, true) + view.getUint8(1), size: view.getUint32(10, true) };
}

const taken = (folder: FolderNode, wanted: Uint8Array) =>
  folder.rows.some(({ bytes }) => Buffer.compare(Buffer.from(identifier(bytes)), Buffer.from(wanted)) === 0);

/** In the order of identifiers (9.3), in the sector of the record before. */
function insert(folder: FolderNode, name: string, directory: boolean, records: readonly Uint8Array[]): void {
  const first = records[0];
  if (first === undefined) return;
  const found = folder.rows.findIndex((row, index) => index >= 2 && compareIdentifiers(row.bytes, first) > 0);
  const at = found === -1 ? folder.rows.length : found;
  const sector = folder.rows[at - 1]?.sector ?? 0;
  folder.touched.add(sector);
  const rows = records.map((bytes) => ({ name, bytes, directory, block: 0, sector, changed: true }));
  folder.rows.splice(at, 0, ...rows);
}

/** One folder more in this one: its link count grows (PX, RRIP 1.12, 4.1.1). */
export function addLink(bytes: Uint8Array): void {
  const use = systemUse(bytes);
  for (let at = 0; at + 4 <= use.length; ) {
    const length = use[at + 2] ?? 0;
    if (length < 4) return;
    if (use[at] === 0x50 && use[at + 1] === 0x58 && length >= 36) {
      const view = new DataView(use.buffer, use.byteOffset + at, length);
      setBoth32(use, at + 12, view.getUint32(12, true) + 1);
      return;
    }
    at += length;
  }
}
