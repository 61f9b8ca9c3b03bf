/**
 * What system use areas of directory records are made of (IEEE P1281, SUSP 1.12): fields one after the other, which
 * can go on in areas elsewhere. Whether a tree uses them, and where they begin, its root says.
 */
import type { ByteRange } from '../byte-range.ts';
import { invalid, isoBudget, sectorSize } from './bounded-read.ts';
import { viewOf } from './record.ts';

export interface Susp {
  /** Bytes before the fields in each record but the root's own (LEN_SKP); another system has them. */
  readonly skip: number;
  /** The same in the `.` of the root, where SP itself stands. */
  readonly rootSkip: number;
}

/** Before SUSP, CD-ROM XA has 14 bytes of its own in each record (SUSP 5.3). */
const xaLength = 14;

/**
 * SP, the first field of the `.` of the root (5.3), whose system use area this is. A tree without it uses no SUSP,
 * whatever its records seem to hold: undefined.
 */
export function decodeSharing(rootUse: Uint8Array): Susp | undefined {
  for (const rootSkip of [0, xaLength]) {
    const field = rootUse.subarray(rootSkip, rootSkip + 7);
    if (field.length === 7 && signatureOf(field, 0) === 'SP' && field[4] === 0xbe && field[5] === 0xef)
      return { skip: field[6] ?? 0, rootSkip };
  }
  return undefined;
}

export interface UseField {
  /** Two letters. */
  readonly signature: string;
  /** The whole field with its signature, length and version. */
  readonly bytes: Uint8Array;
}

/** The fields of one area (4.1); ST ends it (5.4), and so does what makes no sense. */
export function fieldsOf(area: Uint8Array): UseField[] {
  const fields: UseField[] = [];
  for (let start = 0; start + 4 <= area.length; ) {
    const length = area[start + 2] ?? 0;
    const signature = signatureOf(area, start);
    if (signature === 'ST' || length < 4 || start + length > area.length) break;
    fields.push({ signature, bytes: area.subarray(start, start + length) });
    start += length;
  }
  return fields;
}

/** Gives the bytes of a continuation area. */
export type ReadContinuation = (range: ByteRange) => Promise<Uint8Array>;

/**
 * The fields of an area and of those that continue it, and where these lie. Block 0 of the tree lies at `origin` in
 * the image. Throws `iso-invalid` (refused) for areas without end.
 */
export async function allFields(
  area: Uint8Array,
  origin: number,
  read: ReadContinuation,
): Promise<{ fields: UseField[]; continuations: ByteRange[] }> {
  const fields = fieldsOf(area);
  const continuations: ByteRange[] = [];
  for (let next = fields.findLast(isContinuation); next !== undefined; ) {
    const range = continuationOf(next.bytes, origin);
    if (continuations.length === isoBudget.areas)
      throw invalid('a record of the image never ends', range.offset);
    continuations.push(range);
    const more = fieldsOf(await read(range));
    fields.push(...more);
    next = more.findLast(isContinuation);
  }
  return { fields, continuations };
}

const isContinuation = ({ signature, bytes }: UseField) => signature === 'CE' && bytes.length >= 28;

/** 5.1: block, offset and length, each in both byte orders. */
function continuationOf(field: Uint8Array, origin: number): ByteRange {
  return {
    offset: origin + uint32(field, 4) * sectorSize + uint32(field, 12),
    // An area lies in one block.
    length: Math.min(uint32(field, 20), sectorSize),
  };
}

/** ECMA-119 7.3.3: a number in both byte orders, of which the little-endian one comes first. */
export const uint32 = (field: Uint8Array, offset: number): number => viewOf(field).getUint32(offset, true);

const signatureOf = (bytes: Uint8Array, start: number) =>
  String.fromCharCode(bytes[start] ?? 0, bytes[start + 1] ?? 0);
