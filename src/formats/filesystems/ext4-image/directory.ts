/** The blocks of a folder, as a list without an index. Linux kernel documentation, filesystems/ext4: "Directory Entries". */
import { crc32c } from '../../crc32c.ts';
import { blockSize } from './geometry.ts';

export interface FolderEntry {
  readonly name: string;
  readonly inode: number;
  readonly type: 'file' | 'directory' | 'symlink';
}

const typeNumbers = { file: 1, directory: 2, symlink: 7 } as const;
/** The checksum at the end of every block, dressed as an entry. */
const tailSize = 12;
const tailType = 0xde;
const room = blockSize - tailSize;

/** `self` and `parent` are inodes; `seed` is that of the folder's own inode. */
export function encodeFolder(
  self: number,
  parent: number,
  children: readonly FolderEntry[],
  seed: number,
): Uint8Array[] {
  const entries: FolderEntry[] = [
    { name: '.', inode: self, type: 'directory' },
    { name: '..', inode: parent, type: 'directory' },
    ...children,
  ];
  const blocks: FolderEntry[][] = [[]];
  let used = 0;
  for (const entry of entries) {
    const length = lengthOf(entry.name);
    if (used + length > room) {
      blocks.push([]);
      used = 0;
    }
    blocks.at(-1)?.push(entry);
    used += length;
  }
  return blocks.map((some) => encodeBlock(some, seed));
}

function encodeBlock(entries: readonly FolderEntry[], seed: number): Uint8Array {
  const bytes = Buffer.alloc(blockSize);
  let at = 0;
  for (const [index, { name, inode, type }] of entries.entries()) {
    // The last one reaches to the checksum.
    const length = index === entries.length - 1 ? room - at : lengthOf(name);
    bytes.writeUInt32LE(inode, at);
    bytes.writeUInt16LE(length, at + 4);
    bytes[at + 6] = Buffer.byteLength(name);
    bytes[at + 7] = typeNumbers[type];
    bytes.write(name, at + 8, 'utf8');
    at += length;
  }
  bytes.writeUInt16LE(tailSize, room + 4);
  bytes[room + 7] = tailType;
  bytes.writeUInt32LE(crc32c(seed, bytes.subarray(0, room)), room + 8);
  return bytes;
}

/** A header of 8 bytes and the name, in whole words of 4. */
const lengthOf = (name: string) => Math.ceil((8 + Buffer.byteLength(name)) / 4) * 4;
