/** What the path tables say when folders have moved, come or gone. */
import type { ByteRange } from '../../byte-range.ts';
import { invalid } from '../bounded-read.ts';
import type { TreeSource } from '../folders.ts';
import { encodePathTables, type PathFolder, type PathTableEntry, readPathTable } from '../path-table.ts';
import { identifierOf } from '../record.ts';
import type { FolderNode } from './folder-node.ts';

/** The tables of the tree with the folders of `root` at their new places. Throws OpsError (refused) `iso-invalid`. */
export async function changedPathTables(
  tree: TreeSource,
  root: FolderNode,
  placeOf: (folder: FolderNode) => ByteRange,
): Promise<{ little: Uint8Array; big: Uint8Array }> {
  const { source, name, volume } = tree;
  const [table] = volume.pathTables;
  if (table === undefined) throw invalid(`${name} has no path table`, volume.offset);
  const before = await readPathTable(source, table, volume.form.origin, name);
  const known = keptFolders(before, root, placeOf);
  const folders = [...known.folders];
  const addNew = (folder: FolderNode) => {
    for (const [childName, child] of folder.children) {
      const row = folder.rows.find((candidate) => candidate.name === childName);
      if (child.old === undefined && row !== undefined) {
        const made = {
          identifier: Uint8Array.from(identifierOf(row.bytes)),
          offset: placeOf(child).offset,
          parent: known.ofNode.get(folder),
        };
        known.ofNode.set(child, made);
        folders.push(made);
      }
      addNew(child);
    }
  };
  addNew(root);
  return encodePathTables(folders, volume.form.origin);
}

/** What the old table lists and is still there, where it is now. */
function keptFolders(
  before: readonly PathTableEntry[],
  root: FolderNode,
  placeOf: (folder: FolderNode) => ByteRange,
): { folders: PathFolder[]; ofNode: Map<FolderNode, PathFolder> } {
  const { gone, byOffset } = changesBelow(root);
  const folders: PathFolder[] = [];
  const renewed: (PathFolder | undefined)[] = [];
  const ofNode = new Map<FolderNode, PathFolder>();
  for (const [index, { identifier, offset, parent: number, place }] of before.entries()) {
    // Parents come before children (6.9.1), and the root is its own.
    if (number < 1 || number > Math.max(1, index))
      throw invalid('The path table of the image is damaged', place.offset);
    const parent = index === 0 ? undefined : renewed[number - 1];
    // What lay in a folder that is gone is gone with it.
    if (gone.has(offset) || (index > 0 && parent === undefined)) {
      renewed.push(undefined);
      continue;
    }
    const node = byOffset.get(offset);
    const kept = { identifier, offset: node === undefined ? offset : placeOf(node).offset, parent };
    if (node !== undefined) ofNode.set(node, kept);
    renewed.push(kept);
    folders.push(kept);
  }
  return { folders, ofNode };
}

/** Where the folders lay that are gone, and those that an edit touches. */
function changesBelow(root: FolderNode): { gone: Set<number>; byOffset: Map<number, FolderNode> } {
  const gone = new Set<number>();
  const byOffset = new Map<number, FolderNode>();
  const visit = (folder: FolderNode) => {
    for (const offset of folder.removed) gone.add(offset);
    if (folder.old !== undefined) byOffset.set(folder.old.offset, folder);
    for (const child of folder.children.values()) visit(child);
  };
  visit(root);
  return { gone, byOffset };
}
