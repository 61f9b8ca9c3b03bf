/**
 * Whole directories of one tree (ECMA-119, 6.8.1): names, links, extents, where in the image each record stands, and
 * how records are laid out in sectors again.
 */
import type { ByteRange } from '../byte-range.ts';
import { invalid, sectorSize } from './bounded-read.ts';
import { type DirectoryRecord, decodeRecord, type RecordForm, recordLength, systemUseOf } from './record.ts';
import { noRockRidge, type RockRidge, readRockRidge, type Zisofs } from './rock-ridge.ts';
import type { ReadContinuation, Susp } from './susp.ts';

/** A record with the name that a person sees: Rock Ridge's, Joliet's or the plain one. */
export interface NamedRecord extends DirectoryRecord {
  readonly rockRidge: RockRidge;
  /** `.`, `..`, an entry, or where the file of the entry before goes on, whose name it has. */
  readonly role: 'self' | 'parent' | 'entry' | 'continuation';
}

/** An entry of a directory: its first record, and all extents of a file that has several. */
export interface DirectoryEntry extends DirectoryRecord {
  readonly target?: string;
  /** File type and permission bits, as in stat(2); only Rock Ridge has them. */
  readonly mode?: number;
  readonly extents: readonly ByteRange[];
  /** The record of each extent. */
  readonly places: readonly ByteRange[];
  readonly continuations: readonly ByteRange[];
  readonly zisofs?: Zisofs;
  /** Where the moved folder lies that this stands for (RRIP 4.1.5.1). */
  readonly child?: number;
}

export interface Directory {
  readonly entries: readonly DirectoryEntry[];
  /** Where folders lie that are not shown here. */
  readonly hidden: readonly number[];
  /** The records `.` and `..` (6.8.2.2). */
  readonly self?: DirectoryRecord;
  readonly parent?: DirectoryRecord;
  /** Each sector of the directory: its offset in the image and how many of its bytes records fill. */
  readonly sectors: readonly { readonly offset: number; readonly used: number }[];
}

export interface DirectoryOptions {
  readonly form: RecordForm;
  /** Undefined for a tree without Rock Ridge. */
  readonly susp: Susp | undefined;
  readonly read: ReadContinuation;
}

/**
 * Where each record of a directory begins, in bytes of the directory. None crosses a sector; zeros fill what is left of
 * one (6.8.1.1). Throws OpsError `iso-invalid` (refused) for broken records; `base` is where the directory lies.
 */
export function* recordStarts(bytes: Uint8Array, base: number, name = 'the image'): Generator<number> {
  for (let sector = 0; sector < bytes.length; sector += sectorSize) {
    const end = Math.min(sector + sectorSize, bytes.length);
    for (let start = sector; start < end && bytes[start] !== 0; ) {
      const length = recordLength(bytes, start, end);
      if (length === undefined) throw invalid(`a folder of ${name} is damaged`, base + start);
      yield start;
      start += length;
    }
  }
}

/** Every record of a directory whose `bytes` lie at `base`, in order. Throws OpsError `iso-invalid` (refused). */
export async function readRecords(
  bytes: Uint8Array,
  base: number,
  { form, susp, read }: DirectoryOptions,
): Promise<NamedRecord[]> {
  const records: NamedRecord[] = [];
  let before: NamedRecord | undefined;
  for (const start of recordStarts(bytes, base)) {
    const record = decodeRecord(bytes, start, base, form);
    if (record === undefined) throw invalid('A folder of the image is damaged', base + start);
    if (record.name === '' || record.name === '\u0001') {
      records.push({ ...record, rockRidge: noRockRidge, role: record.name === '' ? 'self' : 'parent' });
    } else if (before?.continues === true) {
      before = { ...record, name: before.name, rockRidge: noRockRidge, role: 'continuation' };
      records.push(before);
    } else {
      const rockRidge =
        susp === undefined
          ? noRockRidge
          : await readRockRidge(systemUseOf(record.bytes, susp.skip), form.origin, read);
      before = { ...record, name: seenName(record, rockRidge), rockRidge, role: 'entry' };
      records.push(before);
    }
  }
  return records;
}

/** Everything in a directory, as its entries. Throws as readRecords does. */
export async function readDirectory(
  bytes: Uint8Array,
  base: number,
  options: DirectoryOptions,
): Promise<Directory> {
  const records = await readRecords(bytes, base, options);
  const entries: DirectoryEntry[] = [];
  let parts: { extents: ByteRange[]; places: ByteRange[] } | undefined;
  for (const record of records) {
    if (record.role === 'continuation') {
      parts?.extents.push(record.extent);
      parts?.places.push(record.place);
    } else if (record.role === 'entry') {
      parts = { extents: [record.extent], places: [record.place] };
      // A folder that was put here only because it lies too deep (RRIP 4.1.5.3) is shown where it belongs.
      if (!record.rockRidge.relocated) entries.push(entryOf(record, parts));
    }
  }
  const self = records.find(({ role }) => role === 'self');
  const parent = records.find(({ role }) => role === 'parent');
  return {
    entries,
    hidden: records.flatMap(({ rockRidge, extent }) => (rockRidge.relocated ? [extent.offset] : [])),
    sectors: sectorsOf(bytes.length, base, records),
    ...(self === undefined ? {} : { self }),
    ...(parent === undefined ? {} : { parent }),
  };
}

function seenName(record: DirectoryRecord, { name = record.name }: RockRidge): string {
  // A name with a slash could lead out of the folder that it is joined to.
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw invalid('a file of the image has an impossible name', record.place.offset);
  return name;
}

function entryOf(
  record: NamedRecord,
  { extents, places }: Pick<DirectoryEntry, 'extents' | 'places'>,
): DirectoryEntry {
  const { continuations, mode, target, child, zisofs } = record.rockRidge;
  return {
    ...record,
    ...{ extents, places, continuations },
    ...(mode === undefined ? {} : { mode }),
    ...(target === undefined ? {} : { type: 'symlink' as const, target }),
    ...(child === undefined ? {} : { child }),
    ...(zisofs === undefined ? {} : { zisofs }),
  };
}

function sectorsOf(length: number, base: number, records: readonly DirectoryRecord[]): Directory['sectors'] {
  const used = new Map<number, number>();
  for (const { place } of records) {
    const sector = Math.floor((place.offset - base) / sectorSize);
    used.set(sector, place.offset - base - sector * sectorSize + place.length);
  }
  return Array.from({ length: Math.ceil(length / sectorSize) }, (_, sector) => ({
    offset: base + sector * sectorSize,
    used: used.get(sector) ?? 0,
  }));
}

/** The sectors that records take, one after the other; zeros fill what a record would not fit into (6.8.1.1). */
export function packRecords(records: readonly Uint8Array[]): Uint8Array {
  let end = 0;
  const starts = records.map(({ length }) => {
    const start = (end % sectorSize) + length > sectorSize ? roundedUp(end) : end;
    end = start + length;
    return start;
  });
  const bytes = new Uint8Array(roundedUp(end));
  for (const [index, record] of records.entries()) bytes.set(record, starts[index] ?? 0);
  return bytes;
}

const roundedUp = (length: number) => Math.ceil(length / sectorSize) * sectorSize;
