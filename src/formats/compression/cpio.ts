/**
 * The "new ASCII" cpio archive that the kernel unpacks as initramfs.
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */

export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  /** File type and permission bits, as in stat(2): 0o100755, 0o040755, 0o120777. */
  readonly mode: number;
  /** A file's bytes or a symlink's target; empty for folders and devices. */
  readonly data?: Uint8Array;
  /** Major and minor number of a device node. */
  readonly device?: readonly [major: number, minor: number];
}

/** The header, the name and its padding of one entry, whose data of `size` bytes follows. */
export function cpioHeader(entry: CpioEntry, inode: number, size: number, mtime: number): Uint8Array {
  const name = Buffer.from(`${entry.path}\0`);
  const [major, minor] = entry.device ?? [0, 0];
  const isFolder = (entry.mode & 0o170000) === 0o040000;
  const fields = [inode, entry.mode, 0, 0, isFolder ? 2 : 1, mtime, size, 0, 0, major, minor, name.length, 0];
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  const head = Buffer.concat([Buffer.from(text), name]);
  return Buffer.concat([head, Buffer.alloc(padding(head.length))]);
}

/** Bytes of padding that bring `length` to a multiple of four. */
export const padding = (length: number) => (4 - (length % 4)) % 4;

export const cpioTrailer = () => cpioHeader({ path: 'TRAILER!!!', mode: 0 }, 0, 0, 0);

/** A whole archive in memory. Folders must stand before what they hold. `mtime` in seconds since 1970. */
export function encodeCpio(entries: readonly CpioEntry[], mtime: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  entries.forEach((entry, index) => {
    const data = entry.data ?? new Uint8Array();
    pieces.push(cpioHeader(entry, index + 1, data.length, mtime), data, Buffer.alloc(padding(data.length)));
  });
  pieces.push(cpioTrailer());
  return Buffer.concat(pieces);
}
