/**
 * Reads files of an ext4 file system without mounting it: by extents, as mkfs.ext4 and this project make them. The
 * journal is not replayed: what a power cut left in it is not seen. Linux kernel documentation, filesystems/ext4:
 * "The Super Block", "Block Group Descriptors", "Index Nodes", "The Contents of inode.i_block", "Directory Entries".
 * Little-endian. Whatever a file system claims, reading it ends, and holds no more than was asked for.
 */
import { refused } from '../../errors.ts';
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { probeExt4 } from './ext4.ts';

export interface Ext4Stat {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
}

export interface Ext4Reader {
  /** Undefined when nothing is there; links are not followed. Throws `ext4-damaged` (refused), as all of these. */
  stat(path: string): Promise<Ext4Stat | undefined>;
  /** Names in a folder, in its order; empty for what is not a folder. */
  list(path: string): Promise<string[]>;
  /** Where a link leads; undefined for what is none. */
  readLink(path: string): Promise<string | undefined>;
  /** A file as a source, its holes as zeros; undefined when there is none. */
  open(path: string): Promise<ByteSource | undefined>;
}

interface Inode {
  readonly number: number;
  readonly mode: number;
  readonly size: number;
  readonly flags: number;
  /** i_block, 60 bytes. */
  readonly map: DataView;
}

const rootInode = 2;
const extentsFlag = 0x80000;
const extentMagic = 0xf30a;
/** A tree of extents is at most five levels deep ("the maximum depth of the tree is 5"). */
const deepest = 5;
/** As many extents of one file, and as large a folder, as are looked at. */
const maximumExtents = 65_536;
const maximumNodes = 1024;
const largestFolder = 16 * 2 ** 20;
/** i_block holds a target that is shorter; PATH_MAX ends the longest. */
const shortLink = 60;
const longestLink = 4096;
const incompat64Bit = 0x80;
/** filetype, needs_recovery, extents, 64bit, flex_bg, csum_seed: nothing else changes where things lie. */
const understood = 0x2 | 0x4 | 0x40 | incompat64Bit | 0x200 | 0x2000;

/** Throws OpsError (refused) `ext4-damaged`, `ext4-unsupported`. */
export async function openExt4(source: ByteSource): Promise<Ext4Reader> {
  const info = await probeExt4(source);
  if (info === undefined) throw damaged('it has no super block');
  if ((info.incompat & ~understood) !== 0)
    throw refused('ext4-unsupported', 'The file system has features that opsctl does not read', {
      hint: 'Mount it to look at its files.',
    });
  const { blockSize } = info;
  const block = await read(source, 1024, 1024);
  const inodesPerGroup = block.getUint32(0x28, true);
  const inodes = block.getUint32(0, true);
  const inodeSize = block.getUint16(0x58, true);
  const wide = (info.incompat & incompat64Bit) !== 0;
  const descriptorSize = wide ? block.getUint16(0xfe, true) : 32;
  if (inodesPerGroup === 0 || inodeSize < 128 || descriptorSize < 32)
    throw damaged('its super block is invalid');
  const descriptors = (block.getUint32(0x14, true) + 1) * blockSize;

  const inode = async (number: number): Promise<Inode> => {
    if (number < 1 || number > inodes) throw damaged(`it names inode ${number} of ${inodes}`);
    const group = Math.floor((number - 1) / inodesPerGroup);
    const descriptor = await read(source, descriptors + group * descriptorSize, descriptorSize);
    const high = wide && descriptorSize >= 64 ? descriptor.getUint32(0x28, true) : 0;
    const table = (high * 2 ** 32 + descriptor.getUint32(0x8, true)) * blockSize;
    const bytes = await read(source, table + ((number - 1) % inodesPerGroup) * inodeSize, 128);
    return {
      number,
      mode: bytes.getUint16(0, true),
      size: bytes.getUint32(0x6c, true) * 2 ** 32 + bytes.getUint32(0x4, true),
      flags: bytes.getUint32(0x20, true),
      map: new DataView(bytes.buffer, bytes.byteOffset + 0x28, 60),
    };
  };
  const content = async (file: Inode): Promise<ByteSource> =>
    withHoles(source, file.size, await rangesOf(source, file, blockSize));
  const walk = async (path: string): Promise<Inode | undefined> => {
    let at = await inode(rootInode);
    for (const part of path.split('/').filter(Boolean)) {
      if (typeOf(at.mode) !== 'directory') return undefined;
      const found = (await entriesOf(at, await content(at))).find(({ name }) => name === part);
      if (found === undefined) return undefined;
      at = await inode(found.inode);
    }
    return at;
  };
  return {
    stat: async (path) => {
      const found = await walk(path);
      return found && { type: typeOf(found.mode), size: found.size, mode: found.mode & 0o7777 };
    },
    list: async (path) => {
      const found = await walk(path);
      if (found === undefined || typeOf(found.mode) !== 'directory') return [];
      const entries = await entriesOf(found, await content(found));
      return entries.map(({ name }) => name).filter((name) => name !== '.' && name !== '..');
    },
    readLink: async (path) => {
      const found = await walk(path);
      return found === undefined ? undefined : targetOf(found, content);
    },
    open: async (path) => {
      const found = await walk(path);
      return found === undefined || typeOf(found.mode) !== 'file' ? undefined : content(found);
    },
  };
}

/** "Symbolic Links": a short target stands in the inode itself. */
async function targetOf(
  link: Inode,
  content: (file: Inode) => Promise<ByteSource>,
): Promise<string | undefined> {
  if (typeOf(link.mode) !== 'symlink' || link.size > longestLink) return undefined;
  const bytes =
    link.size < shortLink
      ? new Uint8Array(link.map.buffer, link.map.byteOffset, link.size)
      : await (await content(link)).read(0, link.size);
  return Buffer.from(bytes).toString('utf8');
}

function typeOf(mode: number): Ext4Stat['type'] {
  const kind = mode & 0xf000;
  return kind === 0x8000 ? 'file' : kind === 0x4000 ? 'directory' : kind === 0xa000 ? 'symlink' : 'other';
}

/** Bytes of a file from `start` on that lie at `offset` of the file system. */
interface Piece extends ByteRange {
  readonly start: number;
}

/** Where the bytes of a file lie, without those of its last block that are behind its end. */
async function rangesOf(source: ByteSource, file: Inode, blockSize: number): Promise<Piece[]> {
  if (file.size === 0) return [];
  if ((file.flags & extentsFlag) === 0) throw unsupported('a file without extents');
  if (file.size > source.size) throw unsupported('a file that is larger than the file system');
  const tree: Tree = { source, blockSize, extents: [], nodes: 0 };
  await collect(tree, file.map, deepest);
  return tree.extents
    .map(({ first, start, blocks }) => ({
      start: first * blockSize,
      offset: start * blockSize,
      length: Math.min(blocks * blockSize, file.size - first * blockSize),
    }))
    .filter(({ length }) => length > 0);
}

/** What no piece has is zeros. */
function withHoles(source: ByteSource, size: number, pieces: readonly Piece[]): ByteSource {
  return {
    size,
    read: async (offset, length) => {
      const end = Math.min(size, offset + length);
      const bytes = Buffer.alloc(Math.max(0, end - offset));
      for (const piece of pieces) {
        const from = Math.max(offset, piece.start);
        const to = Math.min(end, piece.start + piece.length);
        if (from >= to) continue;
        const found = await source.read(piece.offset + from - piece.start, to - from);
        if (found.length < to - from) throw damaged(`it ends at byte ${piece.offset + found.length}`);
        bytes.set(found, from - offset);
      }
      return bytes;
    },
  };
}

interface Extent {
  /** In blocks of the file, and of the file system. */
  readonly first: number;
  readonly start: number;
  readonly blocks: number;
}

interface Tree {
  readonly source: ByteSource;
  readonly blockSize: number;
  readonly extents: Extent[];
  nodes: number;
}

/** "Extent Tree": a header of 12 bytes, then entries of 12 bytes: extents in leaves, blocks of the next level elsewhere. */
async function collect(tree: Tree, node: DataView, levels: number): Promise<void> {
  const { source, blockSize, extents } = tree;
  tree.nodes += 1;
  if (tree.nodes > maximumNodes) throw damaged('a tree of extents is too large');
  if (node.getUint16(0, true) !== extentMagic) throw damaged('a tree of extents has no header');
  const entries = node.getUint16(2, true);
  const depth = node.getUint16(6, true);
  if (depth > levels || 12 + entries * 12 > node.byteLength) throw damaged('a tree of extents is invalid');
  for (let index = 0; index < entries; index += 1) {
    const at = 12 + index * 12;
    if (depth > 0) {
      const block = node.getUint16(at + 8, true) * 2 ** 32 + node.getUint32(at + 4, true);
      await collect(tree, await read(source, block * blockSize, blockSize), depth - 1);
      continue;
    }
    if (extents.length >= maximumExtents) throw damaged('a file has too many extents');
    const length = node.getUint16(at + 4, true);
    // Above 32768 it is one that reads as zeros, as a hole does.
    if (length === 0) throw damaged('an extent is empty');
    if (length > 0x8000) continue;
    extents.push({
      first: node.getUint32(at, true),
      blocks: length,
      start: node.getUint16(at + 6, true) * 2 ** 32 + node.getUint32(at + 8, true),
    });
  }
}

/** Records of a folder; what its tree of hashes adds looks like records that are not in use. */
async function entriesOf(folder: Inode, content: ByteSource): Promise<{ inode: number; name: string }[]> {
  if (folder.size > largestFolder) throw damaged(`folder ${folder.number} has ${folder.size} bytes`);
  const bytes = Buffer.from(await content.read(0, folder.size));
  const found: { inode: number; name: string }[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at + 4);
    const named = bytes.readUInt8(at + 6);
    if (length < 8 || at + length > bytes.length || named + 8 > length)
      throw damaged(`folder ${folder.number} is invalid at byte ${at}`);
    const inode = bytes.readUInt32LE(at);
    // One without a number is not in use.
    if (inode !== 0) found.push({ inode, name: bytes.toString('utf8', at + 8, at + 8 + named) });
    at += length;
  }
  return found;
}

async function read(source: ByteSource, offset: number, length: number): Promise<DataView> {
  const bytes = await source.read(offset, length);
  if (bytes.length < length) throw damaged(`it ends at byte ${offset + bytes.length}`);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

const damaged = (what: string) =>
  refused('ext4-damaged', `The ext4 file system cannot be read: ${what}`, {
    hint: 'Check it with `e2fsck -n`.',
  });

const unsupported = (what: string) =>
  refused('ext4-unsupported', `The ext4 file system cannot be read: ${what}`, {
    hint: 'Mount it to look at its files.',
  });
