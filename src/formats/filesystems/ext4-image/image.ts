/**
 * A new ext4 file system with everything in it, as bytes at offsets: pure, the same for the same input, without a mount,
 * root or mke2fs. Read by GRUB 2.06, the kernel and e2fsck; it may grow while it is mounted.
 */
import { type ByteRange, joined, type PlacedBytes } from '../../byte-range.ts';
import { Allocator, type Run } from './allocator.ts';
import { encodeFolder, type FolderEntry } from './directory.ts';
import {
  blockSize,
  type Geometry,
  geometryOf,
  inodeSize,
  inodesPerGroup,
  placesOf,
  tableBlocks,
} from './geometry.ts';
import {
  type BlockMap,
  encodeInode,
  extentMap,
  fileTypes,
  inlineTarget,
  inodeSeed,
  longestInlineTarget,
} from './inode.ts';
import { journalBlocks, journalSuper, resizeInode } from './special.ts';
import { bitmap, encodeDescriptor, encodeSuperBlock, firstInode, type Group, seedOf } from './super-block.ts';

export interface NewFile {
  readonly type: 'file';
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
}
export interface NewFolder {
  readonly type: 'directory';
  readonly mode: number;
}
export interface NewLink {
  readonly type: 'symlink';
  readonly target: string;
}
export type NewEntry = NewFile | NewFolder | NewLink;

export interface Ext4Request {
  /** Bytes. */
  readonly size: number;
  /** Up to which size, in bytes, it can grow while it is mounted. */
  readonly growsTo: number;
  readonly label: string;
  /** 16 bytes each. */
  readonly uuid: Uint8Array;
  readonly hashSeed: Uint8Array;
  /** Of everything in it, in seconds since 1970. */
  readonly time: number;
  /** By path, parents before children: `bos/system`. Everything is root's. */
  readonly entries: ReadonlyMap<string, NewEntry>;
}

export interface Ext4Image {
  /** Everything but the contents of files. Behind the last of a block come zeros. */
  readonly pieces: readonly PlacedBytes[];
  /** Where the content of each file goes, in order; the last range is as long as what is left. */
  readonly files: ReadonlyMap<string, readonly ByteRange[]>;
  /** Every byte that is not free, in order: what must be zero in it where nothing is said. */
  readonly used: readonly ByteRange[];
}

const special = { root: 2, resize: 7, journal: 8, lostAndFound: firstInode } as const;
const lostAndFound = 'lost+found';

interface Node {
  readonly path: string;
  readonly number: number;
  readonly entry: NewEntry;
}

/** Throws `image-too-small` when the content does not fit, `disk-too-small` (refused). */
export function ext4Image(request: Ext4Request): Ext4Image {
  const geometry = geometryOf(request.size, request.growsTo);
  const builder = new Builder(geometry, request);
  builder.addTree(numbered(request.entries));
  builder.addSpecial();
  return builder.finish();
}

function numbered(entries: ReadonlyMap<string, NewEntry>): Node[] {
  let next = firstInode + 1;
  return [
    { path: '', number: special.root, entry: { type: 'directory', mode: 0o755 } },
    { path: lostAndFound, number: special.lostAndFound, entry: { type: 'directory', mode: 0o700 } },
    ...[...entries].map(([path, entry]) => ({ path, number: next++, entry })),
  ];
}

class Builder {
  readonly #geometry: Geometry;
  readonly #request: Ext4Request;
  readonly #seed: number;
  readonly #allocator: Allocator;
  readonly #pieces: PlacedBytes[] = [];
  readonly #files = new Map<string, ByteRange[]>();
  readonly #inodes = new Map<number, Uint8Array>();
  readonly #folders = new Set<number>();
  #journal: { map: Uint8Array; size: number } = { map: new Uint8Array(60), size: 0 };

  constructor(geometry: Geometry, request: Ext4Request) {
    this.#geometry = geometry;
    this.#request = request;
    this.#seed = seedOf(request.uuid);
    this.#allocator = new Allocator(geometry);
  }

  addTree(nodes: readonly Node[]): void {
    const numbers = new Map(nodes.map(({ path, number }) => [path, number]));
    const children = Map.groupBy(
      nodes.filter(({ path }) => path !== ''),
      ({ path }) => path.split('/').slice(0, -1).join('/'),
    );
    for (const node of nodes) {
      const { path, entry } = node;
      if (entry.type === 'directory')
        this.#addFolder(node, children.get(path) ?? [], parentOf(path, numbers));
      else if (entry.type === 'symlink') this.#addLink(node, entry.target);
    }
    for (const node of nodes) if (node.entry.type === 'file') this.#addFile(node, node.entry);
  }

  #addFolder({ path, number, entry }: Node, children: readonly Node[], parent: number): void {
    if (entry.type !== 'directory') return;
    const entries: FolderEntry[] = children.map((child) => ({
      name: child.path.slice(path === '' ? 0 : path.length + 1),
      inode: child.number,
      type: child.entry.type,
    }));
    const blocks = encodeFolder(number, parent, entries, inodeSeed(this.#seed, number));
    const runs = this.#allocator.take(blocks.length);
    const places = runs.flatMap(({ block, count }) => Array.from({ length: count }, (_, at) => block + at));
    for (const [at, bytes] of blocks.entries()) this.#put(places[at] ?? 0, bytes);
    this.#folders.add(number);
    const folders = children.filter((child) => child.entry.type === 'directory').length;
    const size = blocks.length * blockSize;
    this.#add(number, { mode: fileTypes.directory | entry.mode, links: 2 + folders, size, runs });
  }

  #addLink({ number }: Node, target: string): void {
    const size = Buffer.byteLength(target);
    const mode = fileTypes.symlink | 0o777;
    if (size <= longestInlineTarget) {
      this.#add(number, { mode, links: 1, size, runs: [], map: inlineTarget(target) });
      return;
    }
    const runs = this.#allocator.take(1);
    this.#put(runs[0]?.block ?? 0, Buffer.from(target));
    this.#add(number, { mode, links: 1, size, runs });
  }

  #addFile({ path, number }: Node, { mode, size }: NewFile): void {
    const runs = this.#allocator.take(Math.ceil(size / blockSize));
    let left = size;
    const ranges = runs.map(({ block, count }) => {
      const length = Math.min(left, count * blockSize);
      left -= length;
      return { offset: block * blockSize, length };
    });
    this.#files.set(path, ranges);
    this.#add(number, { mode: fileTypes.file | mode, links: 1, size, runs });
  }

  addSpecial(): void {
    if (this.#geometry.reservedBlocks > 0) {
      const resize = resizeInode(this.#geometry, this.#allocator.one());
      for (const { block, bytes } of resize.pieces) this.#put(block, bytes);
      const map = { bytes: resize.map, extents: false, tree: [] };
      const { size, blocks } = resize;
      this.#add(special.resize, { mode: fileTypes.file | 0o600, links: 1, size, blocks, runs: [], map });
    }
    const length = journalBlocks(this.#geometry);
    const runs = this.#allocator.take(length);
    this.#put(runs[0]?.block ?? 0, journalSuper(length));
    const size = length * blockSize;
    const { bytes } = this.#add(special.journal, { mode: fileTypes.file | 0o600, links: 1, size, runs });
    this.#journal = { map: bytes, size };
  }

  #add(
    number: number,
    fields: {
      readonly mode: number;
      readonly links: number;
      readonly size: number;
      readonly runs: readonly Run[];
      readonly blocks?: number;
      readonly map?: BlockMap;
    },
  ): BlockMap {
    const { mode, links, size, runs } = fields;
    const map = fields.map ?? extentMap(runs, inodeSeed(this.#seed, number), this.#allocator);
    for (const { block, bytes } of map.tree) this.#put(block, bytes);
    const blocks = fields.blocks ?? runs.reduce((sum, { count }) => sum + count, map.tree.length);
    const { time } = this.#request;
    this.#inodes.set(number, encodeInode(this.#seed, { number, mode, links, size, blocks, map, time }));
    return map;
  }

  #put(block: number, bytes: Uint8Array): void {
    this.#pieces.push({ offset: block * blockSize, bytes });
  }

  finish(): Ext4Image {
    const groups = Array.from({ length: this.#geometry.groups }, (_, index) => this.#group(index));
    for (const { places, blockBitmap, inodeBitmap } of groups) {
      if (blockBitmap) this.#put(places.blockBitmap, blockBitmap);
      if (inodeBitmap) this.#put(places.inodeBitmap, inodeBitmap);
    }
    for (const [number, bytes] of this.#inodes) {
      const { inodeTable } = placesOf(this.#geometry, Math.floor((number - 1) / inodesPerGroup));
      const offset = inodeTable * blockSize + ((number - 1) % inodesPerGroup) * inodeSize;
      this.#pieces.push({ offset, bytes });
    }
    this.#putSuperBlocks(groups);
    return {
      pieces: this.#pieces.toSorted((a, b) => a.offset - b.offset),
      files: this.#files,
      used: this.#used(groups),
    };
  }

  #group(index: number): Group {
    const { groups } = this.#geometry;
    const places = placesOf(this.#geometry, index);
    const data = this.#allocator.used[index] ?? 0;
    const base = index * inodesPerGroup;
    const numbers = [...this.#inodes.keys(), ...Array.from({ length: firstInode - 1 }, (_, at) => at + 1)]
      .map((number) => number - 1 - base)
      .filter((at) => at >= 0 && at < inodesPerGroup);
    const taken = new Set(numbers);
    const highest = Math.max(-1, ...taken);
    const folders = [...this.#folders].filter(
      (one) => Math.floor((one - 1) / inodesPerGroup) === index,
    ).length;
    const end = places.data - places.first + data;
    return {
      places,
      ...{ folders, freeInodes: inodesPerGroup - taken.size, unusedInodes: inodesPerGroup - 1 - highest },
      freeBlocks: places.length - end,
      // The last group may be short, and its bitmap says so.
      blockBitmap: data === 0 && index < groups - 1 ? undefined : bitmap([[0, end]], places.length),
      inodeBitmap:
        taken.size === 0
          ? undefined
          : bitmap(
              [...taken].map((at) => [at, at + 1] as const),
              inodesPerGroup,
            ),
    };
  }

  #putSuperBlocks(groups: readonly Group[]): void {
    const { uuid, hashSeed, label, time } = this.#request;
    const sum = (of: (group: Group) => number) => groups.reduce((total, group) => total + of(group), 0);
    const fields = {
      ...{ geometry: this.#geometry, uuid, hashSeed, label, time, journal: this.#journal },
      freeBlocks: sum(({ freeBlocks }) => freeBlocks),
      freeInodes: sum(({ freeInodes }) => freeInodes),
    };
    const descriptors = Buffer.concat(
      groups.map((group, index) => encodeDescriptor(this.#seed, index, group)),
    );
    for (const [index, { places }] of groups.entries()) {
      if (!places.hasSuper) continue;
      this.#put(places.first + 1, descriptors);
      const offset = places.first * blockSize + (index === 0 ? 1024 : 0);
      this.#pieces.push({ offset, bytes: encodeSuperBlock(fields, index) });
    }
  }

  #used(groups: readonly Group[]): ByteRange[] {
    const { descriptorBlocks, reservedBlocks } = this.#geometry;
    return joined(
      groups.flatMap(({ places, blockBitmap, inodeBitmap, freeBlocks }) => {
        const { first, hasSuper, length } = places;
        const range = (block: number, count: number) => ({
          offset: block * blockSize,
          length: count * blockSize,
        });
        return [
          ...(hasSuper ? [range(first, 1 + descriptorBlocks + reservedBlocks)] : []),
          ...(blockBitmap ? [range(places.blockBitmap, 1)] : []),
          ...(inodeBitmap ? [range(places.inodeBitmap, 1 + tableBlocks)] : []),
          range(places.data, length - freeBlocks - (places.data - first)),
        ];
      }),
    );
  }
}

const parentOf = (path: string, numbers: ReadonlyMap<string, number>): number =>
  numbers.get(path.split('/').slice(0, -1).join('/')) ?? special.root;
