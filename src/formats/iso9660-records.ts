/** Directory records of ISO 9660 (ECMA-119, 9.1) and what a whole directory of them says. */
import { refused } from '../errors.ts';
import {
  type Extent,
  noRockRidge,
  type ReadContinuation,
  type RockRidge,
  readRockRidge,
} from './rock-ridge.ts';

export const sectorSize = 2048;

export interface DirectoryRecord {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly extent: Extent;
  readonly target?: string;
  /** The file goes on in the next record (9.1.6, multi-extent). */
  readonly continues: boolean;
  readonly systemUse: Uint8Array;
  /** Bytes that the record takes. */
  readonly length: number;
}

const flagDirectory = 0x02;
const flagMultiExtent = 0x80;

/** The record at `at` without Rock Ridge; undefined when it makes no sense. */
export function parseRecord(bytes: Uint8Array, at: number): DirectoryRecord | undefined {
  const length = bytes[at] ?? 0;
  const nameLength = bytes[at + 32] ?? 0;
  if (length < 34 || at + length > bytes.length || 33 + nameLength > length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, length);
  const flags = view.getUint8(25);
  // The name is padded to an even length, what follows is the system use area (9.1.12, 9.1.13).
  const useStart = 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  return {
    name: plainName(bytes.subarray(at + 33, at + 33 + nameLength)),
    type: flags & flagDirectory ? 'directory' : 'file',
    // The extended attribute record comes before the data (9.1.2).
    extent: {
      offset: (view.getUint32(2, true) + view.getUint8(1)) * sectorSize,
      size: view.getUint32(10, true),
    },
    continues: (flags & flagMultiExtent) !== 0,
    systemUse: bytes.subarray(at + Math.min(useStart, length), at + length),
    length,
  };
}

/**
 * Every entry of a directory but `.` and `..`, with its Rock Ridge name and the extents of its parts in order.
 * `skip` bytes of each system use area are left out. Throws OpsError `iso-invalid` (refused) for broken records.
 */
export async function parseDirectory(
  bytes: Uint8Array,
  skip: number,
  readContinuation: ReadContinuation,
): Promise<(DirectoryRecord & { extents: Extent[] })[]> {
  const entries: (DirectoryRecord & { extents: Extent[] })[] = [];
  let open: { extents: Extent[] } | undefined;
  let at = 0;
  while (at < bytes.length) {
    // A record never crosses a sector; zeros fill what is left of one (6.8.1.1).
    if (bytes[at] === 0) {
      at = (Math.floor(at / sectorSize) + 1) * sectorSize;
      continue;
    }
    const record = parseRecord(bytes, at);
    if (record === undefined)
      throw refused('iso-invalid', 'a folder of the image is damaged', {
        hint: 'The image is damaged or was not copied whole: copy or download it again.',
      });
    at += record.length;
    if (record.name === '' || record.name === '\u0001') continue;
    if (open !== undefined) {
      open.extents.push(record.extent);
    } else {
      const rock = await rockRidgeOf(record, skip, readContinuation);
      if (rock.relocated) continue;
      const entry = { ...applied(record, rock), extents: [record.extent] };
      entries.push(entry);
      open = entry;
    }
    if (!record.continues) open = undefined;
  }
  return entries;
}

function rockRidgeOf(record: DirectoryRecord, skip: number, read: ReadContinuation): Promise<RockRidge> {
  return record.systemUse.length > skip
    ? readRockRidge(record.systemUse.subarray(skip), read)
    : Promise.resolve(noRockRidge);
}

function applied(record: DirectoryRecord, rock: RockRidge): DirectoryRecord {
  const name = rock.name ?? record.name;
  // A name with a slash could lead out of the folder that it is joined to.
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw refused('iso-invalid', 'a file of the image has a name that no file can have');
  return {
    ...record,
    name,
    ...(rock.target === undefined ? {} : { type: 'symlink' as const, target: rock.target }),
  };
}

/** `vmlinuz` for `VMLINUZ.;1`; empty for `.`, \u0001 for `..` (6.8.2.2, 7.5). Lower case, as Linux shows it. */
function plainName(bytes: Uint8Array): string {
  if (bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 1)) return bytes[0] === 0 ? '' : '\u0001';
  return Buffer.from(bytes).toString('latin1').replace(/;\d+$/, '').replace(/\.$/, '').toLowerCase();
}
