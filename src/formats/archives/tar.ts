/**
 * Tar archives, their headers made and read by npm's tar (POSIX.1-2017, pax Interchange Format). An entry out of an
 * archive is a range of its bytes: attributes such as capabilities, which that library does not know, stay on what is
 * taken over.
 */
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import type { ByteSource } from '../bytes.ts';

const blockSize = 512;
/** Of one extended header: far more than names and attributes take. */
const longestExtension = 1024 * 1024;

/** What is root's own, without the name of an owner. */
export interface TarEntry {
  /** A folder's ends in `/`. */
  readonly path: string;
  readonly type: 'File' | 'SymbolicLink' | 'Link' | 'Directory';
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of the content of a file, in bytes. */
  readonly size?: number;
  /** Of a link. */
  readonly linkpath?: string;
}

/** What stands before the content of an entry: one block, and an extended header before it when that is too small. */
export function tarHeader(entry: TarEntry): Uint8Array {
  const { size = 0, mtime, ...rest } = entry;
  const data = { ...rest, size, mtime: new Date(mtime * 1000), uid: 0, gid: 0 };
  const block = Buffer.alloc(blockSize);
  const tooSmall = new Header(data).encode(block);
  return tooSmall ? Buffer.concat([new Pax(data).encode(), block]) : block;
}

/** What fills a content of `size` bytes up to whole blocks. */
export const tarPadding = (size: number): Uint8Array =>
  new Uint8Array((blockSize - (size % blockSize)) % blockSize);

/** The end of an archive. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockSize);

export interface TarRange {
  readonly path: string;
  /** From its first header to the end of its padded content. */
  readonly start: number;
  readonly end: number;
  /** Where its content begins, and the bytes of that; 0 for all that is no file. */
  readonly content: number;
  readonly size: number;
  readonly type: 'file' | 'directory' | 'link' | 'other';
}

/** The entries of an archive, in its order. Throws for what is not a tar archive or ends too early. */
export async function* tarRanges(source: ByteSource): AsyncGenerator<TarRange> {
  let start = 0;
  let extended: Pax | undefined;
  let global: Pax | undefined;
  let longPath: string | undefined;
  for (let offset = 0; ; ) {
    const header = await headerAt(source, offset, extended, global);
    if (header.nullBlock) return;
    const size = header.size ?? 0;
    const content = offset + blockSize;
    const end = content + size + tarPadding(size).length;
    const text = () => textAt(source, content, size);
    if (header.type === 'ExtendedHeader') extended = Pax.parse(await text(), extended);
    else if (header.type === 'GlobalExtendedHeader') global = Pax.parse(await text(), global, true);
    else if (header.type === 'NextFileHasLongPath') longPath = (await text()).replace(/\0.*/s, '');
    else if (header.type !== 'NextFileHasLongLinkpath') {
      yield { path: longPath ?? header.path ?? '', start, end, content, size, type: kindOf(header) };
      [start, extended, longPath] = [end, undefined, undefined];
    }
    offset = end;
  }
}

function kindOf({ type }: Header): TarRange['type'] {
  if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') return 'file';
  if (type === 'Directory') return 'directory';
  return type === 'SymbolicLink' || type === 'Link' ? 'link' : 'other';
}

async function headerAt(source: ByteSource, offset: number, extended?: Pax, global?: Pax): Promise<Header> {
  const block = Buffer.from(await source.read(offset, blockSize));
  if (block.length < blockSize) throw new Error(`the archive ends in the middle, at byte ${offset}`);
  const header = new Header(block, 0, extended, global);
  if (!header.nullBlock && !header.cksumValid)
    throw new Error(`what stands at byte ${offset} is not the header of an entry`);
  return header;
}

async function textAt(source: ByteSource, offset: number, size: number): Promise<string> {
  if (size > longestExtension) throw new Error(`the extended header at byte ${offset} is too long`);
  return Buffer.from(await source.read(offset, size)).toString('utf8');
}
