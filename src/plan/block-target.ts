/**
 * Where the steps of a plan write blocks: a device, a partition, or a range of a file. A disk image has no devices for
 * its partitions, so a name such as `part:esp` stands for a range there and for a whole device everywhere else.
 */
import type { OpenFile } from '../host/ports.ts';

export interface BlockTarget {
  /** A block device or a regular file. */
  readonly path: string;
  /** Where the target begins in what lies at `path`, in bytes. */
  readonly offset: number;
  /** Bytes; up to the end of what lies at `path` when left out. */
  readonly size?: number;
}

/** All of what lies at `path`. */
export const wholeOf = (path: string): BlockTarget => ({ path, offset: 0 });

/** Whether the target is a part of a file, for which there is no device. */
export const isRange = ({ offset, size }: BlockTarget): boolean => offset > 0 || size !== undefined;

/** For messages: `/dev/vda2`, or `disk.img (from byte 1048576)`. */
export const nameOf = ({ path, offset }: BlockTarget): string =>
  offset === 0 ? path : `${path} (from byte ${offset})`;

/** As the tools of e2fsprogs take a file system inside of a file (lib/ext2fs/unix_io.c, `offset`). */
export const e2fsDevice = ({ path, offset }: BlockTarget): string =>
  offset === 0 ? path : `${path}?offset=${offset}`;

/**
 * `file` as if the target were all of it: byte 0 is the target's first. Reads end at the target's end, and a write
 * beyond it throws a RangeError: what follows belongs to something else.
 */
export function rangeOf(file: OpenFile, target: BlockTarget): OpenFile {
  if (!isRange(target)) return file;
  const { offset: start } = target;
  const size = target.size ?? file.size - start;
  const within = (offset: number, length: number) => Math.max(0, Math.min(length, size - offset));
  return {
    size,
    read: (offset, length) => file.read(start + offset, within(offset, length)),
    readInto: (offset, into) => file.readInto(start + offset, into.subarray(0, within(offset, into.length))),
    write: async (offset, data) => {
      if (offset < 0 || offset + data.length > size)
        throw new RangeError(`bytes ${offset} to ${offset + data.length} are outside of ${nameOf(target)}`);
      await file.write(start + offset, data);
    },
    sync: () => file.sync(),
    dropCache: () => file.dropCache(),
    close: () => file.close(),
  };
}
