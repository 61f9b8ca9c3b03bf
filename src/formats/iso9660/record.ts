/**
 * One directory record of ISO 9660 (ECMA-119, 9.1), read and written. Blocks of the tree that a record is in become
 * bytes of the image here, and nowhere else.
 */
import { usage } from '../../errors.ts';
import type { ByteRange } from '../byte-range.ts';
import { sectorSize } from './bounded-read.ts';

/** How names are written: in bytes (8.4), or in the two-byte characters of Joliet (Joliet 1.0, "Allowed characters"). */
export type NameCode = 'bytes' | 'ucs2';

/** How the records of a tree are to be read. */
export interface RecordForm {
  readonly code: NameCode;
  /** Where block 0 of the tree lies in the image: not at 0 for the tree of a partition. */
  readonly origin: number;
}

export interface DirectoryRecord {
  /** Empty for `.`, \u0001 for `..`. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly extent: ByteRange;
  /** The file goes on in the next record (9.1.6, multi-extent). */
  readonly continues: boolean;
  /** Where the record stands in the image. */
  readonly place: ByteRange;
  /** The whole record as it stands there. */
  readonly bytes: Uint8Array;
}

/** Where each field begins (9.1); the name has `nameLength` bytes. */
const fields = {
  extendedAttributes: 1,
  block: 2,
  size: 10,
  date: 18,
  flags: 25,
  volumeSequence: 28,
  nameLength: 32,
  name: 33,
} as const;
const smallestRecord = 34;

const flagDirectory = 0x02;
const flagMultiExtent = 0x80;

const plainForm: RecordForm = { code: 'bytes', origin: 0 };

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** The length of the record at `start`, which ends before `end`; undefined when it makes no sense. */
export function recordLength(bytes: Uint8Array, start: number, end: number): number | undefined {
  const length = bytes[start] ?? 0;
  const nameLength = bytes[start + fields.nameLength] ?? 0;
  const sound = length >= smallestRecord && start + length <= end && fields.name + nameLength <= length;
  return sound && nameLength > 0 ? length : undefined;
}

/** Where the content of the record at `start` lies, in bytes of the image. */
export const contentOffset = (view: DataView, start: number, origin: number): number =>
  // The extended attribute record comes before the data (9.1.2).
  origin +
  (view.getUint32(start + fields.block, true) + view.getUint8(start + fields.extendedAttributes)) *
    sectorSize;

export const contentLength = (view: DataView, start: number): number =>
  view.getUint32(start + fields.size, true);

export const isDirectory = (view: DataView, start: number): boolean =>
  (view.getUint8(start + fields.flags) & flagDirectory) !== 0;

/** `.` or `..`: one byte 0 or 1 for a name (6.8.2.2). */
export const isSelfOrParent = (view: DataView, start: number): boolean =>
  view.getUint8(start + fields.nameLength) === 1 && view.getUint8(start + fields.name) <= 1;

/**
 * The record at `start` without Rock Ridge; undefined when it makes no sense. `base` is where `bytes` lie in the image.
 */
export function decodeRecord(
  bytes: Uint8Array,
  start: number,
  base = 0,
  { code, origin }: RecordForm = plainForm,
): DirectoryRecord | undefined {
  const length = recordLength(bytes, start, bytes.length);
  if (length === undefined) return undefined;
  const own = bytes.subarray(start, start + length);
  const view = viewOf(own);
  const identifier = identifierOf(own);
  return {
    name: code === 'ucs2' ? jolietName(identifier) : plainName(identifier),
    type: isDirectory(view, 0) ? 'directory' : 'file',
    extent: { offset: contentOffset(view, 0, origin), length: contentLength(view, 0) },
    continues: (view.getUint8(fields.flags) & flagMultiExtent) !== 0,
    place: { offset: base + start, length },
    bytes: own,
  };
}

export interface NewRecord {
  readonly identifier: Uint8Array;
  readonly extent: ByteRange;
  readonly directory: boolean;
  readonly continues: boolean;
  /** Date and time are those of this record. */
  readonly like: Uint8Array;
  readonly systemUse: Uint8Array;
}

/** Throws OpsError `iso-name` (usage) for what does not fit into the 255 bytes of a record; `name` says what it was. */
export function encodeRecord(record: NewRecord, origin: number, name: string): Uint8Array {
  const { identifier, extent, directory, continues, like, systemUse } = record;
  const useStart = systemUseStart(identifier.length);
  // Of an even length, as the name with its padding is (9.1.13)
  const length = useStart + systemUse.length + ((useStart + systemUse.length) % 2);
  if (length > 255)
    throw usage('iso-name', `The name ${name} is too long to be added in place`, {
      hint: 'Use a name of at most 100 bytes, or --method rebuild.',
    });
  const bytes = new Uint8Array(length);
  bytes[0] = length;
  writeExtent(bytes, extent, origin);
  bytes.set(like.subarray(fields.date, fields.flags), fields.date);
  bytes[fields.flags] = directory ? flagDirectory : 0;
  // Volume sequence number 1 in both byte orders (9.1.9)
  bytes.set([1, 0, 0, 1], fields.volumeSequence);
  bytes[fields.nameLength] = identifier.length;
  bytes.set(identifier, fields.name);
  bytes.set(systemUse, useStart);
  return continuing(bytes, continues);
}

/** A copy of a record whose content lies elsewhere, without extended attributes before it (9.1.2 to 9.1.4). */
export function pointedAt(bytes: Uint8Array, extent: ByteRange, origin: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[fields.extendedAttributes] = 0;
  writeExtent(copy, extent, origin);
  return copy;
}

/** What pointedAt changes of a record: all of it lies before the date. */
export const pointerLength = fields.date;

/** The same record, which now says whether the file goes on in the next one (9.1.6). */
export function continuing(bytes: Uint8Array, continues: boolean): Uint8Array {
  bytes[fields.flags] = ((bytes[fields.flags] ?? 0) & ~flagMultiExtent) | (continues ? flagMultiExtent : 0);
  return bytes;
}

/** The order of records in a directory (9.3), as far as it depends on identifiers. */
export const compareIdentifiers = (a: Uint8Array, b: Uint8Array): number =>
  Buffer.compare(identifierOf(a), identifierOf(b));

/** The name as it is recorded, with `;1` (9.1.11); one byte 0 or 1 for `.` and `..`. */
export const identifierOf = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(fields.name, fields.name + (bytes[fields.nameLength] ?? 0));

/** What follows the name, which is padded to an even length (9.1.12, 9.1.13), from its byte `skip` on. */
export function systemUseOf(bytes: Uint8Array, skip = 0): Uint8Array {
  const start = systemUseStart(bytes[fields.nameLength] ?? 0) + skip;
  return bytes.subarray(Math.min(start, bytes.length));
}

/** Writes `value` in both byte orders (7.3.3). */
export function writeBoth32(bytes: Uint8Array, offset: number, value: number): void {
  const view = viewOf(bytes);
  view.setUint32(offset, value, true);
  view.setUint32(offset + 4, value, false);
}

/** The block of a tree that begins at a byte of the image. */
export const blockOf = (offset: number, origin: number): number => (offset - origin) / sectorSize;

function writeExtent(bytes: Uint8Array, { offset, length }: ByteRange, origin: number): void {
  writeBoth32(bytes, fields.block, blockOf(offset, origin));
  writeBoth32(bytes, fields.size, length);
}

const systemUseStart = (nameLength: number) => fields.name + nameLength + (nameLength % 2 === 0 ? 1 : 0);

/** `vmlinuz` for `VMLINUZ.;1` (7.5). Lower case, as Linux shows it. */
export function plainName(identifier: Uint8Array): string {
  return special(identifier) ?? stripped(Buffer.from(identifier).toString('latin1')).toLowerCase();
}

/** UCS-2, high byte first; Linux shows it as it is recorded. */
function jolietName(identifier: Uint8Array): string {
  const whole = Buffer.from(identifier.subarray(0, identifier.length - (identifier.length % 2)));
  return special(identifier) ?? stripped(whole.swap16().toString('utf16le'));
}

const special = (identifier: Uint8Array): string | undefined =>
  identifier.length === 1 && (identifier[0] ?? 0) <= 1 ? ['', '\u0001'][identifier[0] ?? 0] : undefined;

const stripped = (name: string): string => name.replace(/;\d+$/, '').replace(/\.$/, '');
