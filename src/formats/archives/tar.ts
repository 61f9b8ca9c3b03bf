/**
 * Tar archives, their headers made and read by npm's tar (POSIX.1-2017, pax Interchange Format). An entry out of an
 * archive is a range of its bytes: attributes such as capabilities, which that library does not know, stay on what is
 * taken over.
 */
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import type { ByteSource } from '../bytes.ts';
import { paxRecord, paxRecords } from './pax-records.ts';

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

const typeNames = {
  file: 'File',
  directory: 'Directory',
  symlink: 'SymbolicLink',
  link: 'Link',
  character: 'CharacterDevice',
  block: 'BlockDevice',
  fifo: 'FIFO',
} as const satisfies Record<TarKind, string>;

/** Records of attributes: capabilities, ACLs, labels. What else there may be is made anew. */
const attribute = /^(SCHILY\.(xattr|acl)|LIBARCHIVE\.xattr)\./;

/**
 * What stands before the content of an entry that was read from another archive, under any name: owner, device and
 * attributes stay. `path` as for `tarHeader`, `size` of the content in bytes.
 */
export function ownedHeader(path: string, details: TarDetails & { readonly kind: TarKind }, size: number) {
  const { kind, mode, uid, gid, mtime, linkpath, device, records } = details;
  const [devmaj, devmin] = device;
  const type = typeNames[kind];
  const data = { path, mode, uid, gid, size, linkpath, devmaj, devmin, type, mtime: new Date(mtime * 1000) };
  const block = Buffer.alloc(blockSize);
  const tooSmall = new Header(data).encode(block);
  const kept = paxRecords(records).filter(({ key }) => attribute.test(key));
  if (!tooSmall && kept.length === 0) return block;
  const body = Buffer.concat([
    ...(tooSmall
      ? [paxRecord('path', path), ...(linkpath === '' ? [] : [paxRecord('linkpath', linkpath)])]
      : []),
    ...kept.map(({ bytes }) => bytes),
  ]);
  const extension = Buffer.alloc(blockSize);
  new Header({
    path: 'PaxHeader',
    type: 'ExtendedHeader',
    size: body.length,
    mode: 0o644,
    mtime: data.mtime,
  }).encode(extension);
  return Buffer.concat([extension, body, tarPadding(body.length), block]);
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
  readonly details: TarDetails;
}

export const tarKinds = ['file', 'directory', 'symlink', 'link', 'character', 'block', 'fifo'] as const;
export type TarKind = (typeof tarKinds)[number];

/** What else a header says of an entry. */
export interface TarDetails {
  /** undefined for what POSIX does not know. */
  readonly kind: TarKind | undefined;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of a link; '' for all else. */
  readonly linkpath: string;
  /** Major and minor number of a device. */
  readonly device: readonly [major: number, minor: number];
  /** The records of its extended header, as they stand there; empty without one. */
  readonly records: Uint8Array;
}

/** The entries of an archive, in its order. Throws for what is not a tar archive or ends too early. */
export async function* tarRanges(source: ByteSource): AsyncGenerator<TarRange> {
  let start = 0;
  let extended: Pax | undefined;
  let global: Pax | undefined;
  let longPath: string | undefined;
  let longLink: string | undefined;
  let records: Uint8Array[] = [];
  for (let offset = 0; ; ) {
    const header = await headerAt(source, offset, extended, global);
    if (header.nullBlock) return;
    const size = header.size ?? 0;
    const content = offset + blockSize;
    const end = content + size + tarPadding(size).length;
    const bytes = () => bytesAt(source, content, size);
    const text = async () => (await bytes()).toString('utf8');
    if (header.type === 'ExtendedHeader') {
      records.push(await bytes());
      extended = Pax.parse(await text(), extended);
    } else if (header.type === 'GlobalExtendedHeader') global = Pax.parse(await text(), global, true);
    else if (header.type === 'NextFileHasLongPath') longPath = (await text()).replace(/\0.*/s, '');
    else if (header.type === 'NextFileHasLongLinkpath') longLink = (await text()).replace(/\0.*/s, '');
    else {
      const details = detailsOf(header, extended?.linkpath ?? longLink, Buffer.concat(records));
      // The library puts the prefix of the block in front of what the extended header says.
      yield {
        path: extended?.path ?? longPath ?? header.path ?? '',
        start,
        end,
        content,
        size,
        type: kindOf(header),
        details,
      };
      [start, extended, longPath, longLink, records] = [end, undefined, undefined, undefined, []];
    }
    offset = end;
  }
}

function kindOf({ type }: Header): TarRange['type'] {
  if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') return 'file';
  if (type === 'Directory') return 'directory';
  return type === 'SymbolicLink' || type === 'Link' ? 'link' : 'other';
}

const kinds: Readonly<Partial<Record<Header['type'], TarKind>>> = {
  ...{ File: 'file', OldFile: 'file', ContiguousFile: 'file', Directory: 'directory', FIFO: 'fifo' },
  ...{ SymbolicLink: 'symlink', Link: 'link', CharacterDevice: 'character', BlockDevice: 'block' },
};

const detailsOf = (header: Header, longLink: string | undefined, records: Uint8Array): TarDetails => ({
  kind: kinds[header.type],
  mode: (header.mode ?? 0) & 0o7777,
  ...{ uid: header.uid ?? 0, gid: header.gid ?? 0 },
  mtime: Math.floor((header.mtime?.getTime() || 0) / 1000),
  linkpath: longLink ?? header.linkpath ?? '',
  device: [header.devmaj, header.devmin],
  records,
});

async function headerAt(source: ByteSource, offset: number, extended?: Pax, global?: Pax): Promise<Header> {
  const block = Buffer.from(await source.read(offset, blockSize));
  if (block.length < blockSize) throw new Error(`the archive ends in the middle, at byte ${offset}`);
  const header = decoded(block, extended, global);
  const isWhole = header?.cksumValid && isSize(header.size ?? 0);
  if (header === undefined || !(header.nullBlock || isWhole))
    throw new Error(`what stands at byte ${offset} is not the header of an entry`);
  return header;
}

/** Undefined where the library throws: for a number that is not one. */
function decoded(block: Buffer, extended?: Pax, global?: Pax): Header | undefined {
  try {
    return new Header(block, 0, extended, global);
  } catch {
    return undefined;
  }
}

/** A number of 12 bytes, or of an extended header, can be anything. */
const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;

async function bytesAt(source: ByteSource, offset: number, size: number): Promise<Buffer> {
  if (size > longestExtension) throw new Error(`the extended header at byte ${offset} is too long`);
  return Buffer.from(await source.read(offset, size));
}
