/**
 * Rock Ridge: the names, links and permissions of POSIX in the system use areas of ISO 9660 (IEEE P1281, SUSP 1.12,
 * and P1282, RRIP 1.12): NM, SL, PX, the continuation areas (CE), and the records of folders that were moved up
 * because eight levels are all that ISO 9660 has (CL where they belong, RE where they were put).
 */
import { type Extent, invalid, sectorSize } from './extent.ts';

/** Gives the bytes of a continuation area. */
export type ReadContinuation = (extent: Extent) => Promise<Uint8Array>;

export interface RockRidge {
  readonly name?: string;
  /** What a symbolic link says. */
  readonly target?: string;
  /** File type and permission bits, as in stat(2). */
  readonly mode?: number;
  /** Where in the image the folder lies that this entry stands for. */
  readonly child?: number;
  /** The folder belongs elsewhere and is to be left out here. */
  readonly relocated: boolean;
  /** Where the areas lie that continue the record. */
  readonly continuations: readonly Extent[];
}

export const noRockRidge: RockRidge = { relocated: false, continuations: [] };

const maximumAreas = 32;

/**
 * Reads a system use area and the areas that continue it. Sector 0 of the tree lies at `origin` in the image. Throws
 * `iso-invalid` (refused) for areas without end.
 */
export async function readRockRidge(
  area: Uint8Array,
  origin: number,
  read: ReadContinuation,
): Promise<RockRidge> {
  let name: Uint8Array[] | undefined;
  let link: LinkParts | undefined;
  let mode: number | undefined;
  let child: number | undefined;
  let relocated = false;
  const continuations: Extent[] = [];
  let next: Uint8Array | undefined = area;
  while (next !== undefined) {
    const current: Uint8Array = next;
    let continued: Extent | undefined;
    for (const field of fieldsOf(current)) {
      const signature = String.fromCharCode(field[0] ?? 0, field[1] ?? 0);
      const flags = field[4] ?? 0;
      // RRIP 4.1.4; flags 2 and 4 stand for `.` and `..`, which have records of their own
      if (signature === 'NM' && field.length > 5 && (flags & 0x06) === 0) {
        name = [...(name ?? []), field.subarray(5)];
      } else if (signature === 'SL' && field.length > 5) {
        link = addComponents(link ?? { text: '', open: false }, field.subarray(5));
      } else if (signature === 'PX' && field.length >= 12) {
        mode = uint32(field, 4);
      } else if (signature === 'CL' && field.length >= 12) {
        child = origin + uint32(field, 4) * sectorSize;
      } else if (signature === 'RE') {
        relocated = true;
      } else if (signature === 'CE' && field.length >= 28) {
        continued = continuationOf(field, origin);
      }
    }
    if (continued === undefined) break;
    if (continuations.length === maximumAreas)
      throw invalid('a record of the image never ends', continued.offset);
    continuations.push(continued);
    next = await read(continued);
  }
  return {
    ...(name === undefined ? {} : { name: Buffer.concat(name).toString('utf8') }),
    ...(link === undefined ? {} : { target: link.text }),
    ...(mode === undefined ? {} : { mode }),
    ...(child === undefined ? {} : { child }),
    relocated,
    continuations,
  };
}

/** SUSP 4.1: signature, length, version, data; ST ends the area (5.4), and so does what makes no sense. */
function fieldsOf(area: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = [];
  for (let at = 0; at + 4 <= area.length; ) {
    const length = area[at + 2] ?? 0;
    const end = area[at] === 0x53 && area[at + 1] === 0x54;
    if (end || length < 4 || at + length > area.length) break;
    fields.push(area.subarray(at, at + length));
    at += length;
  }
  return fields;
}

/** ECMA-119 7.3.3: a number in both byte orders, of which the little-endian one comes first. */
const uint32 = (field: Uint8Array, at: number): number =>
  new DataView(field.buffer, field.byteOffset, field.length).getUint32(at, true);

/** SUSP 5.1: block, offset and length, each in both byte orders. */
function continuationOf(field: Uint8Array, origin: number): Extent {
  return {
    offset: origin + uint32(field, 4) * sectorSize + uint32(field, 12),
    // An area lies in one block.
    size: Math.min(uint32(field, 20), sectorSize),
  };
}

interface LinkParts {
  readonly text: string;
  /** The last component goes on in the next record, so that no slash comes between. */
  readonly open: boolean;
}

/** RRIP 4.1.3.1: component records of flags, length, content. */
function addComponents(link: LinkParts, records: Uint8Array): LinkParts {
  let { text, open } = link;
  let at = 0;
  while (at + 2 <= records.length) {
    const flags = records[at] ?? 0;
    const length = records[at + 1] ?? 0;
    const content = Buffer.from(records.subarray(at + 2, at + 2 + length)).toString('utf8');
    at += 2 + length;
    if (flags & 0x08) {
      text = '/';
      open = false;
      continue;
    }
    const part = flags & 0x02 ? '.' : flags & 0x04 ? '..' : content;
    const slash = open || text === '' || text.endsWith('/') ? '' : '/';
    text += slash + part;
    open = (flags & 0x01) !== 0;
  }
  return { text, open };
}
