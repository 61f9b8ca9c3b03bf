/**
 * Directory records of ISO 9660 as raw bytes that can be changed and written back (ECMA-119, 9.1), with the name that
 * a person sees: Rock Ridge's, Joliet's, or the plain one. Block numbers are those of the tree the record is in.
 */
import { refused } from '../../errors.ts';

export const blockSize = 2048;
export const directoryFlag = 0x02;
export const multiExtentFlag = 0x80;

/** A run of blocks: where it begins, counted in its tree, and how many bytes of it count. */
export interface Extent {
  readonly block: number;
  readonly size: number;
}

export interface RawRecord {
  readonly bytes: Uint8Array;
  /** Bytes from the start of the directory's extent. */
  readonly at: number;
  /** As a person sees it; `.` and `..` for the first two of a directory. */
  readonly name: string;
  /** Where the content lies: a block of the tree, and bytes. */
  readonly block: number;
  readonly size: number;
  readonly directory: boolean;
  /** The content goes on in the next record (9.1.6). */
  readonly continues: boolean;
}

export type Naming = 'rock-ridge' | 'joliet' | 'plain';

/** Reads a continuation area of Rock Ridge: a block of the tree, an offset in it, and a length. */
export type ReadArea = (block: number, offset: number, length: number) => Promise<Uint8Array>;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Writes `value` in both byte orders (7.2.3 and, with 2 bytes, 7.3.3). */
export function setBoth32(bytes: Uint8Array, at: number, value: number): void {
  const view = viewOf(bytes);
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value, false);
}

/** A copy of a record that points elsewhere: block at 2, size at 10 (9.1.3, 9.1.4), no extended attributes (9.1.2). */
export function pointed(bytes: Uint8Array, extent: Extent): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[1] = 0;
  setBoth32(copy, 2, extent.block);
  setBoth32(copy, 10, extent.size);
  return copy;
}

/** The bytes of one record at `at`; throws OpsError `iso-invalid` (refused) when they make no sense. */
export function recordBytes(directory: Uint8Array, at: number): Uint8Array {
  const length = directory[at] ?? 0;
  const nameLength = directory[at + 32] ?? 0;
  const room = blockSize - (at % blockSize);
  if (length < 34 || length > room || at + length > directory.length || 33 + nameLength > length)
    throw refused('iso-invalid', 'A folder of the image is damaged', {
      hint: 'The image is damaged or incomplete: copy or download it again.',
    });
  return directory.subarray(at, at + length);
}

/** The system use area of a record: what follows the name, which is padded to an even length (9.1.12, 9.1.13). */
export function systemUse(bytes: Uint8Array): Uint8Array {
  const nameLength = bytes[32] ?? 0;
  const start = 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  return bytes.subarray(Math.min(start, bytes.length));
}

/** Every record of a directory, `.` and `..` first. `skip`: bytes to leave out of each system use area (SUSP 5.3). */
export async function readRecords(
  directory: Uint8Array,
  naming: Naming,
  skip: number,
  read: ReadArea,
): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  for (let at = 0; at < directory.length; ) {
    // A record never crosses a sector; zeros fill what is left of one (6.8.1.1).
    if (directory[at] === 0) {
      at = (Math.floor(at / blockSize) + 1) * blockSize;
      continue;
    }
    const bytes = recordBytes(directory, at);
    const view = viewOf(bytes);
    const flags = view.getUint8(25);
    records.push({
      bytes,
      at,
      name: await nameOf(bytes, naming, skip, read),
      block: view.getUint32(2, true) + view.getUint8(1),
      size: view.getUint32(10, true),
      directory: (flags & directoryFlag) !== 0,
      continues: (flags & multiExtentFlag) !== 0,
    });
    at += bytes.length;
  }
  return records;
}

async function nameOf(bytes: Uint8Array, naming: Naming, skip: number, read: ReadArea): Promise<string> {
  const identifier = bytes.subarray(33, 33 + (bytes[32] ?? 0));
  // 6.8.2.2
  if (identifier.length === 1 && (identifier[0] === 0 || identifier[0] === 1))
    return identifier[0] === 0 ? '.' : '..';
  if (naming === 'joliet') return withoutVersion(Buffer.from(identifier).swap16().toString('utf16le'));
  const name =
    naming === 'rock-ridge' ? await alternateName(systemUse(bytes).subarray(skip), read) : undefined;
  if (name !== undefined) return name;
  // Lower case and without a bare dot, as Linux shows it.
  return withoutVersion(Buffer.from(identifier).toString('latin1')).replace(/\.$/, '').toLowerCase();
}

const withoutVersion = (name: string) => name.replace(/;\d+$/, '');

const maximumAreas = 32;

/** The entries of a system use area and of the areas that continue it (SUSP 1.12, 5.1). */
export async function* useEntries(
  area: Uint8Array,
  read: ReadArea,
): AsyncGenerator<{ readonly signature: string; readonly field: Uint8Array }> {
  let current: Uint8Array | undefined = area;
  for (let areas = 0; current !== undefined && areas < maximumAreas; areas += 1) {
    const bytes: Uint8Array = current;
    current = undefined;
    for (let at = 0; at + 4 <= bytes.length; ) {
      const length = bytes[at + 2] ?? 0;
      const signature = String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0);
      if (length < 4 || at + length > bytes.length || signature === 'ST') break;
      const field = bytes.subarray(at, at + length);
      at += length;
      if (signature === 'CE' && length >= 28) {
        const view = viewOf(field);
        current = await read(view.getUint32(4, true), view.getUint32(12, true), view.getUint32(20, true));
      }
      yield { signature, field };
    }
  }
}

/** Rock Ridge's NM (RRIP 1.12, 4.1.4), over as many fields as it takes. */
async function alternateName(area: Uint8Array, read: ReadArea): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  for await (const { signature, field } of useEntries(area, read))
    if (signature === 'NM' && ((field[4] ?? 0) & 0x06) === 0) parts.push(field.subarray(5));
  return parts.length === 0 ? undefined : Buffer.concat(parts).toString('utf8');
}
