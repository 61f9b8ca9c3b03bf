/**
 * One tree of folders of an ISO 9660 image, read from anything that gives bytes at offsets. Made for media that may
 * be damaged: every extent is checked against the image before it is read, and nothing goes on without a limit.
 * Sections are those of ECMA-119, 4th edition.
 */
import { refused } from '../../errors.ts';
import { endOf } from '../byte-range.ts';
import { type ByteSource, joinedRanges } from '../bytes.ts';
import { pushAll } from '../long-lists.ts';
import { type Budget, budgetOf, invalid, readRange } from './bounded-read.ts';
import type { Volume } from './descriptors.ts';
import { type IsoEntry, type IsoFolder, openFolder, rootOf, type TreeSource, treeSource } from './folders.ts';

export type { IsoEntry, IsoFolder } from './folders.ts';

export interface Tree extends TreeSource {
  /** The tree carries Rock Ridge. */
  readonly rockRidge: boolean;
  /** Follows links on the way and at the end; undefined when nothing is there. */
  stat(path: string): Promise<IsoEntry | undefined>;
  /** The entries of a folder, in the order of the image. */
  list(path: string): Promise<IsoEntry[]>;
  /** A folder with its records and the room in its sectors. */
  folder(path: string): Promise<IsoFolder>;
  /** The bytes of a file of up to `limit` bytes (64 MiB when left out). */
  readFile(path: string, limit?: number): Promise<Uint8Array>;
  /** A file as a source, for those that are too large to hold. */
  open(path: string): Promise<ByteSource>;
  /** Every entry below the root, folders before what they hold, links not followed. */
  walk(): AsyncGenerator<IsoEntry>;
}

const maximumFile = 64 * 2 ** 20;
const maximumLinks = 40;

/**
 * The tree of one volume descriptor. Its methods throw OpsError (refused): `iso-invalid`, `iso-truncated`,
 * `iso-file-missing`, `iso-file-too-large`.
 */
export async function openTree(source: ByteSource, volume: Volume, name: string): Promise<Tree> {
  const opened = await treeSource(source, volume, name);
  const tree: Remembering = { ...opened, passed: new Map() };
  const folder = async (path: string): Promise<IsoFolder> => {
    const entry = await find(tree, path);
    if (entry === undefined) throw refused('iso-file-missing', `${name} has no folder /${path}`);
    return openFolder(tree, entry, budgetOf(source, name));
  };
  return {
    ...opened,
    rockRidge: tree.susp !== undefined,
    stat: (path) => find(tree, path),
    list: async (path) => [...(await folder(path)).children],
    folder,
    readFile: (path, limit = maximumFile) => readWhole(tree, path, limit),
    open: async (path) => {
      const entry = await fileAt(tree, path);
      for (const extent of entry.extents)
        if (endOf(extent) > source.size) await readRange(source, extent, name);
      return asSeen(joinedRanges(source, entry.extents), entry);
    },
    walk: () => walk(tree),
  };
}

/** The entries of a folder by name; of two with one name the first. */
type Named = ReadonlyMap<string, IsoEntry>;

/** A tree with the folders that the last look went through: a thousand files of one folder are looked up by reading it once. */
interface Remembering extends TreeSource {
  passed: ReadonlyMap<string, Named>;
}

const keyOf = ({ path, extents }: IsoEntry): string => `${extents[0]?.offset} ${path}`;

async function namesIn(
  tree: Remembering,
  folder: IsoEntry,
  last: Remembering['passed'],
  budget: Budget,
): Promise<Named> {
  const known = last.get(keyOf(folder));
  if (known !== undefined) return known;
  const names = new Map<string, IsoEntry>();
  for (const entry of (await openFolder(tree, folder, budget)).children) {
    const name = baseName(entry.path);
    if (!names.has(name)) names.set(name, entry);
  }
  return names;
}

async function find(tree: Remembering, path: string): Promise<IsoEntry | undefined> {
  const { source, name, volume } = tree;
  const budget = budgetOf(source, name);
  const root = rootOf(volume);
  const trail: IsoEntry[] = [root];
  // The next part is the last one.
  const rest = path.split('/').toReversed();
  let links = 0;
  const { passed: last } = tree;
  const passed = new Map<string, Named>();
  tree.passed = passed;
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    const here = trail.at(-1) ?? root;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    if (here.type !== 'directory') return undefined;
    const names = await namesIn(tree, here, last, budget);
    passed.set(keyOf(here), names);
    const next = names.get(part);
    if (next === undefined) return undefined;
    if (next.type !== 'symlink') {
      trail.push(next);
      continue;
    }
    links += 1;
    if (links > maximumLinks)
      throw invalid(`the links of /${path} in ${name} form a loop`, next.records[0]?.offset ?? 0);
    const target = next.target ?? '';
    if (target.startsWith('/')) trail.splice(1);
    for (const step of target.split('/').reverse()) rest.push(step);
  }
  return trail.at(-1);
}

async function fileAt(tree: Remembering, path: string): Promise<IsoEntry> {
  const entry = await find(tree, path);
  if (entry?.type !== 'file')
    throw refused('iso-file-missing', `${tree.name} has no file /${path.replace(/^\/+/, '')}`);
  return entry;
}

async function readWhole(tree: Remembering, path: string, limit: number): Promise<Uint8Array> {
  const { source, name } = tree;
  const entry = await fileAt(tree, path);
  if (entry.size > limit)
    throw refused(
      'iso-file-too-large',
      `/${entry.path} in ${name} has ${entry.size} bytes, expected at most ${limit}`,
    );
  if (entry.zisofs !== undefined && entry.zisofs.size <= limit) {
    const file = await asSeen(joinedRanges(source, entry.extents), entry);
    return file.read(0, file.size);
  }
  const parts: Uint8Array[] = [];
  for (const extent of entry.extents) parts.push(await readRange(source, extent, name));
  return Buffer.concat(parts);
}

async function asSeen(raw: ByteSource, { zisofs }: IsoEntry): Promise<ByteSource> {
  if (zisofs === undefined) return raw;
  const { expanded } = await import('./zisofs.ts');
  return expanded(raw, zisofs);
}

async function* walk(tree: TreeSource): AsyncGenerator<IsoEntry> {
  const { source, name, volume } = tree;
  const budget = budgetOf(source, name);
  const seen = new Set<number>();
  const queue: IsoEntry[] = [rootOf(volume)];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const offset = next.extents[0]?.offset ?? 0;
    if (seen.has(offset)) throw invalid(`the folder /${next.path} in ${name} contains itself`, offset);
    seen.add(offset);
    const { children } = await openFolder(tree, next, budget);
    yield* children;
    pushAll(queue, children.filter((entry) => entry.type === 'directory').toReversed());
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
