/**
 * What stands between the files of the medium when the boot loader loads them one behind the other: the kernel unpacks all of
 * it as one archive. Boot loaders begin each file on a multiple of four bytes, as the format has it for what follows a
 * header (Linux, Documentation/driver-api/early-userspace/buffer-format.rst; grub_initrd_load in GRUB's loader/linux.c).
 * So nothing lies on the disk twice, and each file is compared with its own digest. Pure.
 */
import { type CpioEntry, cpioHeader, cpioTrailer, padding } from '../../../formats/compression/cpio.ts';

export interface FramedFile {
  /** Without a leading slash, on the disk as in the archive. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Permissions in the archive. */
  readonly mode: number;
}

export interface SmallEntry {
  readonly path: string;
  /** Of a file that everybody may read, or of a link, what it leads to. */
  readonly text: string;
  readonly type: 'file' | 'link';
}

export interface Frame {
  /** `bos/system/trial/1.cpio` */
  readonly path: string;
  /** ASCII with zeros. */
  readonly text: string;
}

/** Where they lie. */
const folder = 'bos/system/trial';

/**
 * The frames, and the order in which a boot loader loads everything, behind the small initrd: the first frame, the first
 * file, the second frame, and so on. The small entries are in the first frame.
 */
export function framesOf(
  files: readonly FramedFile[],
  small: readonly SmallEntry[],
): { readonly frames: readonly Frame[]; readonly order: readonly string[] } {
  let inode = 0;
  const header = (entry: CpioEntry, size: number) => {
    inode += 1;
    return Buffer.from(cpioHeader(entry, inode, size, 0));
  };
  const paths = [...files, ...small].map(({ path }) => path);
  const head = [
    ...foldersOf(paths).map((path) => header({ path, mode: 0o040755 }, 0)),
    ...small.map(({ path, text, type }) => {
      const data = Buffer.from(text);
      const mode = type === 'link' ? 0o120777 : 0o100644;
      return Buffer.concat([header({ path, mode }, data.length), data, Buffer.alloc(padding(data.length))]);
    }),
  ];
  const texts = [
    ...files.map(({ path, size, mode }, index) =>
      Buffer.concat([...(index === 0 ? head : []), header({ path, mode: 0o100000 | mode }, size)]),
    ),
    Buffer.concat([...(files.length === 0 ? head : []), Buffer.from(cpioTrailer())]),
  ];
  const frames = texts.map((bytes, index) => ({
    path: `${folder}/${index + 1}.cpio`,
    text: bytes.toString('utf8'),
  }));
  return { frames, order: frames.flatMap(({ path }, index) => [path, files[index]?.path ?? []].flat()) };
}

/** Each before what is in it. */
function foldersOf(paths: readonly string[]): string[] {
  const all = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(all)].sort();
}
