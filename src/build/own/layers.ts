/**
 * The layers of an image laid over one another (OCI Image Specification 1.1, layer.md, "Applying Changesets"). Every entry is
 * judged before anything is made of it: one that would come to lie outside of the root, or that leads there, is refused.
 */
import { OpsError, refused } from '../../errors.ts';
import { paxRecords } from '../../formats/archives/pax-records.ts';
import { type TarRange, tarRanges } from '../../formats/archives/tar.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { cached } from '../../formats/cached-source.ts';
import { type FoundNode, find, LeadsOut, type Node, newFolder, partsOf } from './tree.ts';

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/** More than any system has. */
const mostEntries = 2_000_000;
const listedFaults = 20;

export interface NamedArchive {
  /** For messages: the layer's digest, or a path. */
  readonly name: string;
  readonly source: ByteSource;
}

/**
 * The tree of all layers, the first one lowest. Throws OpsError (refused): `layer-damaged` for what is not a whole tar
 * archive, `layer-unsafe` with every entry that leads out of the root.
 */
export async function layered(archives: readonly NamedArchive[]): Promise<Node> {
  const root = newFolder();
  let count = 0;
  for (const [index, { name, source }] of archives.entries()) {
    const entries = await entriesOf(name, source);
    count += entries.length;
    if (count > mostEntries)
      throw refused('layer-damaged', `The layers have more than ${mostEntries} entries`, {
        hint: 'Make the image of fewer files.',
      });
    const faults: string[] = [];
    // What hides does so below this layer alone, wherever in it its entry stands.
    for (const work of [hide, place])
      for (const entry of entries)
        try {
          work(root, entry, index);
        } catch (error) {
          if (!(error instanceof Unsafe)) throw error;
          faults.push(`${shown(entry.path)}: ${error.message}`);
        }
    if (faults.length > 0) throw unsafe(name, faults);
  }
  return root;
}

class Unsafe extends Error {}

const unsafe = (name: string, faults: readonly string[]) =>
  refused('layer-unsafe', `${name} has entries that no root file system may have`, {
    details: [
      ...faults.slice(0, listedFaults),
      ...(faults.length > listedFaults ? [`and ${faults.length - listedFaults} more`] : []),
    ],
    hint: 'Nothing was made of it. Make the image again, with a tool that packs a root file system as it is.',
  });

/** Nothing of an archive may tell a terminal anything. */
const shown = (path: string) => JSON.stringify(path).slice(1, -1);

async function entriesOf(name: string, source: ByteSource): Promise<TarRange[]> {
  const entries: TarRange[] = [];
  try {
    for await (const entry of tarRanges(cached(whole(source)))) {
      if (entry.end > source.size && entry.content + entry.size > source.size)
        throw new Error(`${entry.path} goes beyond its end`);
      // What is taken over of an extended header is read when it is written.
      paxRecords(entry.details.records);
      entries.push(entry);
      if (entries.length > mostEntries) throw new Error(`it has more than ${mostEntries} entries`);
    }
  } catch (error) {
    if (error instanceof OpsError) throw error;
    throw refused('layer-damaged', `${name} is not a whole tar archive`, {
      cause: error,
      details: [shown(error instanceof Error ? error.message : String(error))],
      hint: 'It is damaged or was cut off: make or fetch it again.',
    });
  }
  return entries;
}

/** Nothing is asked for beyond the end. */
const whole = ({ size, read }: ByteSource): ByteSource => ({
  size,
  read: async (offset, length) => (offset >= size ? new Uint8Array() : read(offset, length)),
});

/** PATH_MAX of Linux. */
const longestPath = 4096;

interface Place {
  readonly folder: Node;
  readonly name: string;
  /** How many folders are above the name. */
  readonly depth: number;
}

/** The folder that an entry lies in, through links as a container would go, and its name there. */
function placeOf(root: Node, path: string, make: boolean): Place | undefined {
  const parts = partsOf(path);
  if (path.length > longestPath) throw new Unsafe(`its path has more than ${longestPath} characters`);
  if (parts.includes('..')) throw new Unsafe('its path has ..');
  if (path.includes('\0') || path.includes('\uFFFD')) throw new Unsafe('its name is not UTF-8');
  const name = parts.pop();
  if (name === undefined) return undefined;
  let [folder, real] = [root, ''];
  for (const part of parts) {
    const next = real === '' ? part : `${real}/${part}`;
    const found = followed(root, next);
    if (found === undefined) {
      if (!make) return undefined;
      if (folder.children?.has(part)) throw new Unsafe(`${next} is a link that leads nowhere`);
      const made = newFolder();
      folder.children?.set(part, made);
      [folder, real] = [made, next];
    } else if (found.node.children === undefined) throw new Unsafe(`${next} is not a folder`);
    else [folder, real] = [found.node, found.path];
    if (real.length > longestPath) throw new Unsafe(`it lies below more than ${longestPath} characters`);
  }
  return { folder, name, depth: partsOf(real).length };
}

function followed(root: Node, path: string): FoundNode | undefined {
  try {
    return find(root, path);
  } catch (error) {
    if (error instanceof LeadsOut) throw new Unsafe(`${path} is a link that leads out of the root`);
    throw error;
  }
}

function hide(root: Node, { path }: TarRange): void {
  const last = partsOf(path).at(-1);
  if (last === undefined || !last.startsWith(whiteout)) return;
  const found = placeOf(root, path, false);
  if (found === undefined) return;
  if (last === opaque) found.folder.children?.clear();
  else found.folder.children?.delete(last.slice(whiteout.length));
}

function place(root: Node, entry: TarRange, archive: number): void {
  const { path, details, content, size } = entry;
  const last = partsOf(path).at(-1);
  if (last?.startsWith(whiteout)) return;
  const { kind } = details;
  if (kind === undefined) throw new Unsafe('it is of a kind that POSIX does not know, such as a sparse file');
  const found = placeOf(root, path, true);
  if (found === undefined) return;
  const { folder, name } = found;
  const before = folder.children?.get(name);
  if (kind === 'link') {
    folder.children?.set(name, target(root, details.linkpath));
    return;
  }
  if (kind === 'symlink' && climbs(found.depth, details.linkpath))
    throw new Unsafe(`it leads out of the root: ${shown(details.linkpath)}`);
  folder.children?.set(name, {
    ...{ kind, details },
    content: { archive, offset: content, size: kind === 'file' ? size : 0 },
    children: kind === 'directory' ? (before?.children ?? new Map()) : undefined,
  });
}

/** The file that a hard link is another name of. */
function target(root: Node, linkpath: string): Node {
  const parts = partsOf(linkpath);
  if (parts.includes('..')) throw new Unsafe(`it is a link out of the root: ${shown(linkpath)}`);
  const folder = followed(root, parts.slice(0, -1).join('/'));
  const node = folder?.node.children?.get(parts.at(-1) ?? '');
  if (node === undefined) throw new Unsafe(`it is a link to ${shown(linkpath)}, which is not there`);
  if (node.kind === 'directory') throw new Unsafe(`it is a hard link to a folder: ${shown(linkpath)}`);
  return node;
}

/** Whether a relative link has more `..` than there are folders above it. */
function climbs(above: number, linkpath: string): boolean {
  if (linkpath.startsWith('/')) return false;
  let depth = above;
  for (const part of partsOf(linkpath)) {
    depth += part === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}
