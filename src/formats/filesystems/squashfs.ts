/**
 * Reads files out of a squashfs 4.0 image (zstd or gzip), from anything that gives bytes at offsets: no mount, no root,
 * no kernel that knows squashfs. Every place is checked before it is read, and nothing goes on without a limit.
 */
import { refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import {
  invalid,
  metadataOf,
  readData,
  readExact,
  readSuperBlock,
  type SuperBlock,
  splitReference,
  storedLength,
} from './squashfs-blocks.ts';
import { type FileInode, type Inode, type LinkInode, readEntries, readInode } from './squashfs-inodes.ts';

export interface SquashfsEntry {
  /** From the root, without a leading slash, with no link on the way: `usr/sbin/mke2fs`. Empty for the root. */
  readonly path: string;
  readonly type: Followed['type'];
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
}

export interface Squashfs {
  /** Follows links on the way and at the end, an absolute one from the image's root; undefined when nothing is there. */
  stat(path: string): Promise<SquashfsEntry | undefined>;
  /** The names in a folder, in the order of the image: sorted by their bytes. */
  list(path: string): Promise<string[]>;
  /** The content of a file in pieces of at most a block. */
  stream(path: string): AsyncGenerator<Uint8Array>;
  /** The bytes of a file of up to `limit` bytes. */
  readFile(path: string, limit: number): Promise<Uint8Array>;
}

/** What a path leads to: links are followed. */
type Followed = Exclude<Inode, LinkInode>;
interface Found {
  readonly path: string;
  readonly inode: Followed;
}

/** MAXSYMLINKS of Linux */
const mostLinks = 40;
/** More than any folder of a root file system lists, in bytes. */
const longestList = 64 * 2 ** 20;

/**
 * Reads the super block. Throws OpsError (refused): `squashfs-invalid`, `squashfs-unsupported`; the methods also
 * `squashfs-file-missing`, `squashfs-file-too-large`.
 */
export async function openSquashfs(source: ByteSource): Promise<Squashfs> {
  const superBlock = await readSuperBlock(source);
  const image: Image = { source, superBlock, metadata: metadataOf(source, superBlock), lists: new Map() };
  return {
    async stat(path) {
      const found = await find(image, path);
      if (found === undefined) return undefined;
      const { type, mode } = found.inode;
      return { path: found.path, type, mode, size: found.inode.type === 'file' ? found.inode.size : 0 };
    },
    async list(path) {
      const found = await find(image, path);
      return found === undefined ? [] : [...(await entriesOf(image, found)).keys()];
    },
    async *stream(path) {
      yield* contentOf(image, await fileAt(image, path));
    },
    async readFile(path, limit) {
      const inode = await fileAt(image, path);
      if (inode.size > limit)
        throw refused('squashfs-file-too-large', `${path} has ${inode.size} bytes, more than ${limit}`);
      const bytes = Buffer.alloc(inode.size);
      let done = 0;
      for await (const piece of contentOf(image, inode)) {
        bytes.set(piece, done);
        done += piece.length;
      }
      return bytes.subarray(0, done);
    },
  };
}

type EntryList = ReadonlyMap<string, { readonly block: number; readonly offset: number }>;

interface Image {
  readonly source: ByteSource;
  readonly superBlock: SuperBlock;
  readonly metadata: ReturnType<typeof metadataOf>;
  /** What was read already, by path. */
  readonly lists: Map<string, Promise<EntryList>>;
}

const inodeAt = ({ metadata, superBlock }: Image, block: number, offset: number): Promise<Inode> =>
  readInode(metadata(superBlock.inodeTable + block, offset), superBlock.blockSize);

function entriesOf({ metadata, superBlock, lists }: Image, { path, inode }: Found): Promise<EntryList> {
  if (inode.type !== 'directory') throw invalid(`${path} is not a folder`);
  if (inode.listSize > longestList) throw invalid(`the list of ${path} is too long`);
  const known =
    lists.get(path) ??
    readEntries(metadata(superBlock.directoryTable + inode.block, inode.offset), inode.listSize).then(
      (entries) => new Map(entries.map((entry) => [entry.name, entry])),
    );
  lists.set(path, known);
  return known;
}

async function find(image: Image, path: string): Promise<Found | undefined> {
  const root = splitReference(image.superBlock.root);
  const inode = await inodeAt(image, root.block, root.offset);
  if (inode.type !== 'directory') throw invalid('its root is not a folder');
  const top: Found = { path: '', inode };
  const way = [top];
  const rest = partsOf(path);
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const here = way.at(-1) ?? top;
    if (here.inode.type !== 'directory') return undefined;
    if (name === '..') {
      if (way.length > 1) way.pop();
      continue;
    }
    const entry = (await entriesOf(image, here)).get(name);
    if (entry === undefined) return undefined;
    const inode = await inodeAt(image, entry.block, entry.offset);
    if (inode.type === 'symlink') {
      if (++links > mostLinks) throw invalid(`too many links on the way to ${path}`);
      if (inode.target.startsWith('/')) way.splice(1);
      rest.unshift(...partsOf(inode.target));
      continue;
    }
    way.push({ path: here.path === '' ? name : `${here.path}/${name}`, inode });
  }
  return way.at(-1);
}

async function fileAt(image: Image, path: string): Promise<FileInode> {
  const found = await find(image, path);
  if (found?.inode.type !== 'file')
    throw refused('squashfs-file-missing', `The root file system has no file ${path}`);
  return found.inode;
}

/** Section 7: places of blocks of metadata that hold 512 entries of 16 bytes each. */
async function fragment({ source, superBlock, metadata }: Image, index: number): Promise<Buffer> {
  const { fragmentTable, fragmentCount, size } = superBlock;
  if (index >= fragmentCount) throw invalid(`fragment ${index} of ${fragmentCount}`);
  const place = await readExact(source, fragmentTable + Math.floor(index / 512) * 8, 8);
  const block = place.readBigUInt64LE(0);
  if (block > BigInt(size)) throw invalid('fragments past the end');
  const entry = await metadata(Number(block), (index % 512) * 16).take(16);
  const start = entry.readBigUInt64LE(0);
  if (start > BigInt(size)) throw invalid('a fragment past the end');
  return readData(source, superBlock, Number(start), entry.readUInt32LE(8), 0);
}

async function* contentOf(image: Image, inode: FileInode): AsyncGenerator<Uint8Array> {
  const { source, superBlock } = image;
  let { start, size: left } = inode;
  for (const size of inode.blocks) {
    const plain = Math.min(superBlock.blockSize, left);
    yield (await readData(source, superBlock, start, size, plain)).subarray(0, plain);
    start += storedLength(size);
    left -= plain;
  }
  if (left === 0 || inode.fragment === undefined) return;
  const { index, offset } = inode.fragment;
  const tail = (await fragment(image, index)).subarray(offset, offset + left);
  if (tail.length < left) throw invalid('a fragment that is too short');
  yield tail;
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.');
