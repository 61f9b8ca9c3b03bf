/**
 * The volume descriptors of an ISO 9660 image (ECMA-119, 8): one for each tree of folders that it has, and the boot
 * record that leads to El Torito's catalogue.
 */
import { refused } from '../../errors.ts';
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { withoutTrailing } from '../trailing.ts';
import { damagedHint, invalid, sectorSize } from './bounded-read.ts';
import { type DirectoryRecord, decodeRecord, type RecordForm, viewOf } from './record.ts';

/** Plain ISO 9660, where Rock Ridge is too; Joliet; or the tree of ISO 9660:1999 with its longer names. */
export type TreeKind = 'iso9660' | 'joliet' | 'enhanced';

export interface Volume {
  readonly kind: TreeKind;
  readonly form: RecordForm;
  /** Where the descriptor begins, and its sector as it stands there. */
  readonly offset: number;
  readonly descriptor: Uint8Array;
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
export type PathTable = ByteRange & { readonly type: 'L' | 'M' };

export interface Descriptors {
  readonly primary: Volume;
  /** Every tree, the primary first. */
  readonly volumes: readonly Volume[];
  /** Where El Torito's boot record says that its catalogue is (El Torito 1.0, figure 7), in bytes. */
  readonly bootCatalogue: number | undefined;
  /** The whole set with its terminator (8.3). */
  readonly extent: ByteRange;
}

/** Offsets in a volume descriptor (8.4). */
export const descriptorFields = {
  volumeId: 40,
  spaceSize: 80,
  blockSize: 128,
  pathTableSize: 132,
  pathTableL: 140,
  optionalL: 144,
  pathTableM: 148,
  optionalM: 152,
  root: 156,
} as const;

/** Sectors before the descriptors are the system's (6.2.1). */
export const firstDescriptor = 16;
const maximumSectors = 64;

/**
 * Reads the descriptors from sector 16 on, counted from byte `origin` of the image. Throws OpsError (refused)
 * `iso-invalid`; `name` says what was read.
 */
export async function readDescriptors(source: ByteSource, name: string, origin = 0): Promise<Descriptors> {
  const volumes: Volume[] = [];
  let bootCatalogue: number | undefined;
  let sector = firstDescriptor;
  for (; sector < firstDescriptor + maximumSectors; sector += 1) {
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
      details: [`no volume descriptor at byte ${origin + firstDescriptor * sectorSize}`],
    });
  const extent = {
    offset: origin + firstDescriptor * sectorSize,
    length: (sector + 1 - firstDescriptor) * sectorSize,
  };
  return { primary, volumes, bootCatalogue, extent };
}

/** Bytes of the volume, by the sector of its descriptor (8.4.8). */
export const readVolumeSize = (descriptor: Uint8Array): number =>
  viewOf(descriptor).getUint32(descriptorFields.spaceSize, true) * sectorSize;

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
  const fields = descriptorFields;
  const view = viewOf(bytes);
  const form: RecordForm = { code: kind === 'joliet' ? 'ucs2' : 'bytes', origin };
  const blockSize = view.getUint16(fields.blockSize, true);
  const root = decodeRecord(bytes.subarray(0, fields.root + 34), fields.root, offset, form);
  if (blockSize !== sectorSize || root?.type !== 'directory')
    throw invalid(`${name} has an invalid volume descriptor`, offset);
  const length = view.getUint32(fields.pathTableSize, true);
  const tables = [
    ...[fields.pathTableL, fields.optionalL].map(
      (field) => ({ type: 'L', sector: view.getUint32(field, true) }) as const,
    ),
    ...[fields.pathTableM, fields.optionalM].map(
      (field) => ({ type: 'M', sector: view.getUint32(field) }) as const,
    ),
  ];
  const field = (start: number, size: number) =>
    kind === 'joliet' ? wideText(bytes, start, size) : withoutTrailing(text(bytes, start, size), ' \0');
  return {
    kind,
    form,
    offset,
    descriptor: bytes,
    volumeId: field(fields.volumeId, 32),
    size: view.getUint32(fields.spaceSize, true) * blockSize,
    created: dateOf(text(bytes, 813, 16)),
    application: field(574, 128),
    preparer: field(446, 128),
    root,
    pathTables: tables
      .filter(({ sector }) => sector !== 0)
      .map(({ type, sector }) => ({ type, offset: origin + sector * sectorSize, length })),
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

const text = (bytes: Uint8Array, start: number, length: number): string =>
  Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
const wideText = (bytes: Uint8Array, start: number, length: number): string =>
  withoutTrailing(
    Buffer.from(bytes.subarray(start, start + length))
      .swap16()
      .toString('utf16le'),
    ' \0',
  );
