/**
 * The volume descriptors of an ISO 9660 image (ECMA-119, 8): one for each tree of folders that it has, and the boot
 * record that leads to El Torito's catalogue.
 */
import { refused } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';
import { damagedHint, type Extent, invalid, sectorSize } from './extent.ts';
import { type DirectoryRecord, parseRecord, type RecordForm } from './records.ts';

/** Plain ISO 9660, where Rock Ridge is too; Joliet; or the tree of ISO 9660:1999 with its longer names. */
export type TreeKind = 'iso9660' | 'joliet' | 'enhanced';

export interface Volume {
  readonly kind: TreeKind;
  readonly form: RecordForm;
  /** Where the descriptor begins. */
  readonly offset: number;
  /** Without the padding. */
  readonly volumeId: string;
  /** Bytes from the origin on; what the image says of itself (8.4.8). */
  readonly size: number;
  /** `2026-11-21T19:20:00.00`, in the zone that the image says; undefined when it says nothing (8.4.26). */
  readonly created: string | undefined;
  readonly application: string;
  readonly preparer: string;
  readonly root: DirectoryRecord;
  /** All that there are (8.4.14 to 8.4.18). */
  readonly pathTables: readonly PathTable[];
}

/** Little-endian is type L, big-endian type M. */
export type PathTable = Extent & { readonly type: 'L' | 'M' };

export interface Descriptors {
  readonly primary: Volume;
  /** Every tree, the primary first. */
  readonly volumes: readonly Volume[];
  /** Where El Torito's boot record says that its catalogue is (El Torito 1.0, figure 7), in bytes. */
  readonly bootCatalogue: number | undefined;
  /** The whole set with its terminator (8.3). */
  readonly extent: Extent;
}

const firstSector = 16;
const maximumSectors = 64;

/**
 * Reads the descriptors from sector 16 on, counted from byte `origin` of the image. Throws OpsError (refused)
 * `iso-invalid`; `name` says what was read.
 */
export async function readDescriptors(source: ByteSource, name: string, origin = 0): Promise<Descriptors> {
  const volumes: Volume[] = [];
  let bootCatalogue: number | undefined;
  let sector = firstSector;
  for (; sector < firstSector + maximumSectors; sector += 1) {
    const offset = origin + sector * sectorSize;
    const bytes = await source.read(offset, sectorSize);
    if (bytes.length < sectorSize || text(bytes, 1, 5) !== 'CD001') break;
    // 255 ends the set (8.3)
    if (bytes[0] === 255) break;
    if (bytes[0] === 0 && bootCatalogue === undefined && text(bytes, 7, 23) === 'EL TORITO SPECIFICATION')
      bootCatalogue = origin + viewOf(bytes).getUint32(0x47, true) * sectorSize;
    // A later primary one is a copy of the first (8.4)
    if (bytes[0] === 1 && volumes.length === 0)
      volumes.push(parseVolume(bytes, offset, { kind: 'iso9660', origin }, name));
    if (bytes[0] === 2 && volumes.length > 0) {
      const kind = supplementaryKind(bytes);
      if (kind !== undefined) volumes.push(parseVolume(bytes, offset, { kind, origin }, name));
    }
  }
  const primary = volumes[0];
  if (primary === undefined)
    throw refused('iso-invalid', `${name} is not an ISO 9660 image`, {
      details: [`no volume descriptor at byte ${origin + firstSector * sectorSize}`],
    });
  const extent = {
    offset: origin + firstSector * sectorSize,
    size: (sector + 1 - firstSector) * sectorSize,
  };
  return { primary, volumes, bootCatalogue, extent };
}

/** Throws `iso-truncated` (refused) when the source is shorter than the image says. */
export function requireComplete(volume: Volume, source: ByteSource, name: string): void {
  if (volume.size > source.size)
    throw refused('iso-truncated', `${name} has ${source.size} bytes instead of ${volume.size}`, {
      hint: damagedHint,
    });
}

/** Joliet by its escape sequences (Joliet 1.0; ECMA-119 8.5.6), ISO 9660:1999 by version 2. */
function supplementaryKind(bytes: Uint8Array): TreeKind | undefined {
  if (bytes[6] === 2) return 'enhanced';
  return ['%/@', '%/C', '%/E'].includes(text(bytes, 88, 3)) ? 'joliet' : undefined;
}

function parseVolume(
  bytes: Uint8Array,
  offset: number,
  { kind, origin }: { readonly kind: TreeKind; readonly origin: number },
  name: string,
): Volume {
  const view = viewOf(bytes);
  const form: RecordForm = { code: kind === 'joliet' ? 'ucs2' : 'bytes', origin };
  const blockSize = view.getUint16(128, true);
  const root = parseRecord(bytes.subarray(0, 190), 156, offset, form);
  if (blockSize !== sectorSize || root?.type !== 'directory')
    throw invalid(`${name} has an invalid volume descriptor`, offset);
  const tableSize = view.getUint32(132, true);
  const tables = [140, 144].map((at) => ({ sector: view.getUint32(at, true), type: 'L' as const }));
  const bigTables = [148, 152].map((at) => ({ sector: view.getUint32(at), type: 'M' as const }));
  const field = (at: number, length: number) =>
    kind === 'joliet' ? wideText(bytes, at, length) : text(bytes, at, length).replace(/[ \0]+$/, '');
  return {
    kind,
    form,
    offset,
    volumeId: field(40, 32),
    size: view.getUint32(80, true) * blockSize,
    created: dateOf(text(bytes, 813, 16)),
    application: field(574, 128),
    preparer: field(446, 128),
    root,
    pathTables: [...tables, ...bigTables]
      .filter((table) => table.sector !== 0)
      .map((table) => ({ offset: origin + table.sector * sectorSize, size: tableSize, type: table.type })),
  };
}

/** 8.4.26.1: sixteen digits, zeros for nothing. */
function dateOf(digits: string): string | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits) ?? [];
  const [year, month, day, hour, minute, second, hundredths] = parts;
  return year === undefined || Number(year) === 0
    ? undefined
    : `${year}-${month}-${day}T${hour}:${minute}:${second}.${hundredths}`;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const text = (bytes: Uint8Array, at: number, length: number): string =>
  Buffer.from(bytes.subarray(at, at + length)).toString('latin1');
const wideText = (bytes: Uint8Array, at: number, length: number): string =>
  Buffer.from(bytes.subarray(at, at + length))
    .swap16()
    .toString('utf16le')
    .replace(/[ \0]+$/, '');
