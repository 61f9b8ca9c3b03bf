/** Inodes and folders of a squashfs 4.0 image, out of its metadata. Sections as in squashfs-blocks.ts. */
import { invalid, type MetadataReader } from './squashfs-blocks.ts';

export interface FileInode {
  readonly type: 'file';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** Where the data blocks begin; they follow each other. */
  readonly start: number;
  /** As stored, one for each block. */
  readonly blocks: readonly number[];
  /** What does not fill a block: which fragment, and the byte in it unpacked. */
  readonly fragment?: { readonly index: number; readonly offset: number };
}
export interface FolderInode {
  readonly type: 'directory';
  readonly mode: number;
  /** Where its list begins: block relative to the table, byte in it; and the bytes of the list. */
  readonly block: number;
  readonly offset: number;
  readonly listSize: number;
}
/** A link has no permissions of its own. */
export interface LinkInode {
  readonly type: 'symlink';
  readonly target: string;
}
export interface OtherInode {
  readonly type: 'other';
  readonly mode: number;
}
export type Inode = FileInode | FolderInode | LinkInode | OtherInode;

/** More blocks than a file of 4 GB in blocks of 4 KiB has: what says so is damaged. */
const mostBlocks = 2 ** 20;
/** PATH_MAX */
const longestTarget = 4096;
/** SQUASHFS_NAME_LEN */
const longestName = 256;
const noFragment = 0xffffffff;
const largestFile = 2n ** 40n;

/**
 * Reads one inode to its last byte, section 4: `reader` is then at the next one of the table. `blockSize` is the super
 * block's. Throws `squashfs-invalid`.
 */
export async function readInode(reader: MetadataReader, blockSize: number): Promise<Inode> {
  const head = await reader.take(16);
  const type = head.readUInt16LE(0);
  const mode = head.readUInt16LE(2) & 0o7777;
  // Each kind of inode has a basic and, seven higher, an extended form.
  switch (type) {
    case 1: {
      const rest = await reader.take(16);
      return folder(mode, rest.readUInt32LE(0), rest.readUInt16LE(10), rest.readUInt16LE(8));
    }
    case 8: {
      const rest = await reader.take(24);
      for (let indexes = rest.readUInt16LE(16); indexes > 0; indexes -= 1) await passIndex(reader);
      return folder(mode, rest.readUInt32LE(8), rest.readUInt16LE(18), rest.readUInt32LE(4));
    }
    case 2: {
      const rest = await reader.take(16);
      const [start, fragment, offset, size] = [0, 4, 8, 12].map((field) => rest.readUInt32LE(field)) as Four;
      return file(reader, { mode, start, fragment, offset, size }, blockSize);
    }
    case 9: {
      const rest = await reader.take(40);
      const [start, size] = [rest.readBigUInt64LE(0), rest.readBigUInt64LE(8)];
      if (start > largestFile || size > largestFile) throw invalid('a file larger than files are');
      const [fragment, offset] = [rest.readUInt32LE(28), rest.readUInt32LE(32)];
      const fields = { mode, start: Number(start), size: Number(size), fragment, offset };
      return file(reader, fields, blockSize);
    }
    case 3:
    case 10: {
      const length = (await reader.take(8)).readUInt32LE(4);
      if (length > longestTarget) throw invalid(`a link of ${length} bytes`);
      const target = (await reader.take(length)).toString('utf8');
      // The number of its extended attributes.
      if (type === 10) await reader.take(4);
      return { type: 'symlink', target };
    }
    default: {
      const length = otherLengths.get(type);
      if (length === undefined) throw invalid(`an inode of type ${type}`);
      await reader.take(length);
      return { type: 'other', mode };
    }
  }
}

/** Bytes behind the head: devices, then pipes and sockets; the extended forms have extended attributes. */
const otherLengths: ReadonlyMap<number, number> = new Map([
  ...([4, 5] as const).map((type) => [type, 8] as const),
  ...([6, 7] as const).map((type) => [type, 4] as const),
  ...([11, 12] as const).map((type) => [type, 12] as const),
  ...([13, 14] as const).map((type) => [type, 8] as const),
]);

/** An entry of the index of a large folder, section 4.4. */
async function passIndex(reader: MetadataReader): Promise<void> {
  const length = (await reader.take(12)).readUInt32LE(8) + 1;
  if (length > longestName) throw invalid(`a name of ${length} bytes`);
  await reader.take(length);
}

type Four = [number, number, number, number];

/** The size of a folder counts `.` and `..`, which are not stored, with three bytes. */
const folder = (mode: number, block: number, offset: number, size: number): FolderInode => ({
  type: 'directory',
  mode,
  block,
  offset,
  listSize: Math.max(0, size - 3),
});

async function file(
  reader: MetadataReader,
  fields: { mode: number; start: number; size: number; fragment: number; offset: number },
  blockSize: number,
): Promise<FileInode> {
  const { mode, start, size, fragment, offset } = fields;
  const whole = size / blockSize;
  const count = fragment === noFragment ? Math.ceil(whole) : Math.floor(whole);
  if (count > mostBlocks) throw invalid(`a file of ${count} blocks`);
  const bytes = await reader.take(count * 4);
  const blocks = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(index * 4));
  return {
    type: 'file',
    mode,
    size,
    start,
    blocks,
    ...(fragment === noFragment ? {} : { fragment: { index: fragment, offset } }),
  };
}

/** A name in a folder and where its inode lies. */
export interface FolderEntry {
  readonly name: string;
  readonly block: number;
  readonly offset: number;
}

/** Reads the list of a folder, `size` bytes of it, section 6. Throws `squashfs-invalid`. */
export async function readEntries(reader: MetadataReader, size: number): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
  for (let left = size; left > 0; ) {
    const head = await reader.take(12);
    left -= 12;
    const count = head.readUInt32LE(0) + 1;
    // At most 256 stand below one head.
    if (count > 256) throw invalid(`${count} names below one head`);
    for (let index = 0; index < count; index++) {
      const entry = await reader.take(8);
      const length = entry.readUInt16LE(6) + 1;
      const name = (await reader.take(length)).toString('utf8');
      left -= 8 + length;
      if (left < 0 || name.includes('/')) throw invalid('the list of a folder');
      entries.push({ name, block: head.readUInt32LE(4), offset: entry.readUInt16LE(0) });
    }
  }
  return entries;
}
