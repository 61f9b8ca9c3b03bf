/** What a volume descriptor and the path tables say when folders have moved, come or gone. */
import type { ByteSource } from '../bytes.ts';
import { identifier, readBlocks } from './directory.ts';
import type { FolderNode } from './folder-node.ts';
import { decodePathTable, encodePathTables, type PathEntry } from './path-table.ts';
import { type Extent, pointed, setBoth32 } from './record.ts';
import { descriptorFields, type Volume } from './volume.ts';

/** The tables of the tree with the folders of `root` at their new places. */
export async function changedPathTables(
  source: ByteSource,
  volume: Volume,
  root: FolderNode,
  place: (folder: FolderNode) => Extent,
): Promise<{ little: Uint8Array; big: Uint8Array }> {
  const view = new DataView(volume.descriptor.buffer, volume.descriptor.byteOffset);
  const block = view.getUint32(descriptorFields.pathTableL, true);
  const size = view.getUint32(descriptorFields.pathTableSize, true);
  const old = decodePathTable(await readBlocks(source, volume, { block, size }));

  const gone = new Set<number>();
  const byOldBlock = new Map<number, FolderNode>();
  const visit = (folder: FolderNode) => {
    for (const one of folder.removed) gone.add(one);
    if (folder.old !== undefined) byOldBlock.set(folder.old.block, folder);
    for (const child of folder.children.values()) visit(child);
  };
  visit(root);

  const entries: PathEntry[] = [];
  const renewed = new Map<PathEntry, PathEntry>();
  const ofFolder = new Map<FolderNode, PathEntry>();
  for (const entry of old) {
    const parent = entry.parent === undefined ? undefined : renewed.get(entry.parent);
    // Parents come before children: what lay in a folder that is gone is gone with it.
    if (gone.has(entry.block) || (entry.parent !== undefined && parent === undefined)) continue;
    const folder = byOldBlock.get(entry.block);
    const made = {
      identifier: entry.identifier,
      block: folder === undefined ? entry.block : place(folder).block,
      parent,
    };
    if (folder !== undefined) ofFolder.set(folder, made);
    renewed.set(entry, made);
    entries.push(made);
  }
  const addNew = (folder: FolderNode) => {
    for (const [name, child] of folder.children) {
      const row = folder.rows.find((one) => one.name === name);
      if (child.old === undefined && row !== undefined) {
        const parent = ofFolder.get(folder);
        const made = {
          identifier: Uint8Array.from(identifier(row.bytes)),
          block: place(child).block,
          parent,
        };
        ofFolder.set(child, made);
        entries.push(made);
      }
      addNew(child);
    }
  };
  addNew(root);
  return encodePathTables(entries);
}

/** A copy of a volume descriptor with another root folder and other path tables (ECMA-119, 8.4.14 to 8.4.18). */
export function withRoot(
  descriptor: Uint8Array,
  root: Extent,
  tables: { readonly little: number; readonly big: number; readonly size: number },
): Uint8Array {
  const copy = Uint8Array.from(descriptor);
  const view = new DataView(copy.buffer);
  setBoth32(copy, descriptorFields.pathTableSize, tables.size);
  view.setUint32(descriptorFields.pathTableL, tables.little, true);
  view.setUint32(descriptorFields.pathTableM, tables.big, false);
  // The optional second copies are not kept: they would have to say the same.
  view.setUint32(descriptorFields.optionalL, 0, true);
  view.setUint32(descriptorFields.optionalM, 0, false);
  const record = descriptor.subarray(descriptorFields.root, descriptorFields.root + 34);
  copy.set(pointed(record, root), descriptorFields.root);
  return copy;
}

/** A copy that says that the image is `blocks` blocks long (8.4.8), less those before the tree's own. */
export function sized({ base }: Volume, descriptor: Uint8Array, blocks: number): Uint8Array {
  const copy = Uint8Array.from(descriptor);
  setBoth32(copy, descriptorFields.spaceSize, blocks - base);
  return copy;
}

/** A copy with another volume name (8.4.7; Joliet's is UCS-2, big-endian), padded with blanks. */
export function named({ kind }: Volume, descriptor: Uint8Array, name: string): Uint8Array {
  const copy = Uint8Array.from(descriptor);
  const text =
    kind === 'joliet'
      ? Buffer.from(name.slice(0, 16).padEnd(16), 'utf16le').swap16()
      : Buffer.from(name.padEnd(32), 'latin1');
  copy.set(text, descriptorFields.volumeId);
  return copy;
}
