/**
 * Directory records of ISO 9660 (ECMA-119, 9.1) and what a whole directory of them says: names, links, extents, and
 * where in the image each record stands, for those who change it.
 */
import { type Extent, invalid, sectorSize } from './extent.ts';
import { noRockRidge, type ReadContinuation, type RockRidge, readRockRidge } from './rock-ridge.ts';

/** How names are written: in bytes (8.4), or in the two-byte characters of Joliet (Joliet 1.0, "Allowed characters"). */
export type NameCode = 'bytes' | 'ucs2';

/** How the records of a tree are to be read. */
export interface RecordForm {
  readonly code: NameCode;
  /** Where sector 0 of the tree lies in the image: not at 0 for the tree of a partition. */
  readonly origin: number;
}

const plainForm: RecordForm = { code: 'bytes', origin: 0 };

export interface DirectoryRecord {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly extent: Extent;
  readonly target?: string;
  /** File type and permission bits, as in stat(2); only Rock Ridge has them. */
  readonly mode?: number;
  /** The file goes on in the next record (9.1.6, multi-extent). */
  readonly continues: boolean;
  /** The name as it is recorded, with `;1` (9.1.11); one byte 0 or 1 for `.` and `..`. */
  readonly identifier: Uint8Array;
  readonly systemUse: Uint8Array;
  /** Where the record stands in the image. */
  readonly place: Extent;
}

/** An entry of a directory: its first record, and all extents of a file that has several. */
export interface DirectoryEntry extends DirectoryRecord {
  readonly extents: readonly Extent[];
  /** The record of each extent. */
  readonly places: readonly Extent[];
  readonly continuations: readonly Extent[];
  /** Where the moved folder lies that this stands for (RRIP 4.1.5.1). */
  readonly child?: number;
}

export interface Directory {
  readonly entries: readonly DirectoryEntry[];
  /** The records `.` and `..` (6.8.2.2). */
  readonly self?: DirectoryRecord;
  readonly parent?: DirectoryRecord;
  /** Folders that were put here only because they lie too deep (RRIP 4.1.5.3). */
  readonly movedHere: readonly DirectoryEntry[];
  /** Each sector of the directory: its offset in the image and how many of its bytes records fill. */
  readonly sectors: readonly { readonly offset: number; readonly used: number }[];
}

const flagDirectory = 0x02;
const flagMultiExtent = 0x80;

/**
 * The record at `at` without Rock Ridge; undefined when it makes no sense. `base` is where `bytes` lie in the image.
 */
export function parseRecord(
  bytes: Uint8Array,
  at: number,
  base = 0,
  { code, origin }: RecordForm = plainForm,
): DirectoryRecord | undefined {
  const length = bytes[at] ?? 0;
  const nameLength = bytes[at + 32] ?? 0;
  if (length < 34 || at + length > bytes.length || nameLength === 0 || 33 + nameLength > length)
    return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, length);
  const flags = view.getUint8(25);
  // The name is padded to an even length, what follows is the system use area (9.1.12, 9.1.13).
  const useStart = 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  const identifier = bytes.subarray(at + 33, at + 33 + nameLength);
  return {
    name: code === 'ucs2' ? jolietName(identifier) : plainName(identifier),
    type: flags & flagDirectory ? 'directory' : 'file',
    // The extended attribute record comes before the data (9.1.2).
    extent: {
      offset: origin + (view.getUint32(2, true) + view.getUint8(1)) * sectorSize,
      size: view.getUint32(10, true),
    },
    continues: (flags & flagMultiExtent) !== 0,
    identifier,
    systemUse: bytes.subarray(at + Math.min(useStart, length), at + length),
    place: { offset: base + at, size: length },
  };
}

/**
 * Everything in a directory whose `bytes` lie at `base`. `skip` bytes of each system use area are left out;
 * undefined for a tree without Rock Ridge. Throws OpsError `iso-invalid` (refused) for broken records.
 */
export async function parseDirectory(
  bytes: Uint8Array,
  base: number,
  options: { readonly form: RecordForm; readonly skip: number | undefined; readonly read: ReadContinuation },
): Promise<Directory> {
  const { form, skip, read } = options;
  const entries: DirectoryEntry[] = [];
  const movedHere: DirectoryEntry[] = [];
  const sectors: { offset: number; used: number }[] = [];
  let [self, parent]: (DirectoryRecord | undefined)[] = [];
  let open: { extents: Extent[]; places: Extent[] } | undefined;
  for (let start = 0; start < bytes.length; start += sectorSize) {
    // A record never crosses a sector; zeros fill what is left of one (6.8.1.1).
    const end = Math.min(start + sectorSize, bytes.length);
    let at = start;
    while (at < end && bytes[at] !== 0) {
      const record = parseRecord(bytes.subarray(0, end), at, base, form);
      if (record === undefined) throw invalid('a folder of the image is damaged', base + at);
      at += record.place.size;
      if (record.name === '') self ??= record;
      else if (record.name === '\u0001') parent ??= record;
      else if (open !== undefined) {
        open.extents.push(record.extent);
        open.places.push(record.place);
        if (!record.continues) open = undefined;
      } else {
        const rock = await rockRidgeOf(record, skip, form.origin, read);
        const parts = { extents: [record.extent], places: [record.place] };
        (rock.relocated ? movedHere : entries).push({ ...applied(record, rock), ...parts });
        if (record.continues) open = parts;
      }
    }
    sectors.push({ offset: base + start, used: at - start });
  }
  return {
    entries,
    movedHere,
    sectors,
    ...(self === undefined ? {} : { self }),
    ...(parent === undefined ? {} : { parent }),
  };
}

function rockRidgeOf(
  record: DirectoryRecord,
  skip: number | undefined,
  origin: number,
  read: ReadContinuation,
): Promise<RockRidge> {
  return skip !== undefined && record.systemUse.length > skip
    ? readRockRidge(record.systemUse.subarray(skip), origin, read)
    : Promise.resolve(noRockRidge);
}

function applied(record: DirectoryRecord, rock: RockRidge) {
  const name = rock.name ?? record.name;
  // A name with a slash could lead out of the folder that it is joined to.
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw invalid('a file of the image has an impossible name', record.place.offset);
  return {
    ...record,
    name,
    continuations: rock.continuations,
    ...(rock.mode === undefined ? {} : { mode: rock.mode }),
    ...(rock.target === undefined ? {} : { type: 'symlink' as const, target: rock.target }),
    ...(rock.child === undefined ? {} : { child: rock.child }),
  };
}

/** `vmlinuz` for `VMLINUZ.;1`; empty for `.`, \u0001 for `..` (6.8.2.2, 7.5). Lower case, as Linux shows it. */
function plainName(bytes: Uint8Array): string {
  return special(bytes) ?? stripped(Buffer.from(bytes).toString('latin1')).toLowerCase();
}

/** UCS-2, high byte first; Linux shows it as it is recorded. */
function jolietName(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return special(bytes) ?? stripped(whole.swap16().toString('utf16le'));
}

const special = (bytes: Uint8Array): string | undefined =>
  bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 1) ? (bytes[0] === 0 ? '' : '\u0001') : undefined;

const stripped = (name: string): string => name.replace(/;\d+$/, '').replace(/\.$/, '');
