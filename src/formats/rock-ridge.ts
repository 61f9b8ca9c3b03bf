/**
 * Rock Ridge: the long names and links of POSIX in the system use areas of ISO 9660 (IEEE P1281, SUSP 1.12, and
 * P1282, RRIP 1.12). Names (NM), links (SL), continuation areas (CE) and the mark of relocated folders (RE) are
 * read; folders that were moved up (CL) stay where they were moved to.
 */

/** A run of bytes in the image. */
export interface Extent {
  readonly offset: number;
  readonly size: number;
}

/** Gives the bytes of a continuation area. */
export type ReadContinuation = (extent: Extent) => Promise<Uint8Array>;

export interface RockRidge {
  readonly name?: string;
  /** What a symbolic link says. */
  readonly target?: string;
  /** The folder belongs elsewhere and is to be left out here. */
  readonly relocated: boolean;
}

export const noRockRidge: RockRidge = { relocated: false };

const maximumAreas = 32;
const blockSize = 2048;

/** Reads a system use area and the areas that continue it. */
export async function readRockRidge(area: Uint8Array, read: ReadContinuation): Promise<RockRidge> {
  let name: Uint8Array[] | undefined;
  let link: LinkParts | undefined;
  let relocated = false;
  let next: Uint8Array | undefined = area;
  for (let areas = 0; next !== undefined && areas < maximumAreas; areas += 1) {
    const current: Uint8Array = next;
    next = undefined;
    let at = 0;
    while (at + 4 <= current.length) {
      const signature = String.fromCharCode(current[at] ?? 0, current[at + 1] ?? 0);
      const length = current[at + 2] ?? 0;
      if (length < 4 || at + length > current.length || signature === 'ST') break;
      const field = current.subarray(at, at + length);
      at += length;
      // RRIP 4.1.4; flags 2 and 4 stand for `.` and `..`, which have records of their own
      if (signature === 'NM' && length > 5 && ((field[4] ?? 0) & 0x06) === 0) {
        name = [...(name ?? []), field.subarray(5)];
      } else if (signature === 'SL' && length > 5) {
        link = addComponents(link ?? { text: '', open: false }, field.subarray(5));
      } else if (signature === 'RE') {
        relocated = true;
      } else if (signature === 'CE' && length >= 28) {
        next = await read(continuationOf(field));
      }
    }
  }
  return {
    ...(name === undefined ? {} : { name: Buffer.concat(name).toString('utf8') }),
    ...(link === undefined ? {} : { target: link.text }),
    relocated,
  };
}

/** SUSP 5.1: block, offset and length, each in both byte orders. */
function continuationOf(field: Uint8Array): Extent {
  const view = new DataView(field.buffer, field.byteOffset, field.length);
  return {
    offset: view.getUint32(4, true) * blockSize + view.getUint32(12, true),
    // An area lies in one block.
    size: Math.min(view.getUint32(20, true), blockSize),
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
