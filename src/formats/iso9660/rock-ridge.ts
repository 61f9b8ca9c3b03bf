/**
 * Rock Ridge: the names, links and permissions of POSIX in the system use areas of ISO 9660 (IEEE P1282, RRIP 1.12):
 * NM, SL, PX, and the records of folders that were moved up because eight levels are all that ISO 9660 has (CL where
 * they belong, RE where they were put).
 */
import type { ByteRange } from '../byte-range.ts';
import { sectorSize } from './bounded-read.ts';
import { writeBoth32 } from './record.ts';
import { allFields, type ReadContinuation, type UseField, uint32 } from './susp.ts';

/** How a file is compressed (zisofs: ZF), in bytes. */
export interface Zisofs {
  /** Of the file as it is seen. */
  readonly size: number;
  readonly headerSize: number;
  readonly blockSize: number;
}

export interface RockRidge {
  readonly name?: string;
  /** What a symbolic link says. */
  readonly target?: string;
  /** File type and permission bits, as in stat(2). */
  readonly mode?: number;
  /** Where in the image the folder lies that this entry stands for. */
  readonly child?: number;
  readonly zisofs?: Zisofs;
  /** The folder belongs elsewhere and is to be left out here. */
  readonly relocated: boolean;
  /** Where the areas lie that continue the record. */
  readonly continuations: readonly ByteRange[];
}

export const noRockRidge: RockRidge = { relocated: false, continuations: [] };

/** What a system use area and the areas that continue it say; throws as allFields does. */
export async function readRockRidge(
  area: Uint8Array,
  origin: number,
  read: ReadContinuation,
): Promise<RockRidge> {
  const { fields, continuations } = await allFields(area, origin, read);
  let name: Uint8Array[] | undefined;
  let link: LinkParts | undefined;
  let mode: number | undefined;
  let child: number | undefined;
  let zisofs: Zisofs | undefined;
  let relocated = false;
  for (const { signature, bytes } of fields) {
    // 4.1.4; flags 2 and 4 stand for `.` and `..`, which have records of their own
    if (signature === 'NM' && bytes.length > 5 && ((bytes[4] ?? 0) & 0x06) === 0)
      name = [...(name ?? []), bytes.subarray(5)];
    else if (signature === 'SL' && bytes.length > 5)
      link = addComponents(link ?? { text: '', open: false }, bytes.subarray(5));
    else if (signature === 'PX' && bytes.length >= 12) mode = uint32(bytes, 4);
    else if (signature === 'CL' && bytes.length >= 12) child = origin + uint32(bytes, 4) * sectorSize;
    else if (signature === 'RE') relocated = true;
    else if (signature === 'ZF') zisofs = decodeZisofs(bytes) ?? zisofs;
  }
  return {
    ...(name === undefined ? {} : { name: Buffer.concat(name).toString('utf8') }),
    ...(link === undefined ? {} : { target: link.text }),
    ...(mode === undefined ? {} : { mode }),
    ...(child === undefined ? {} : { child }),
    ...(zisofs === undefined ? {} : { zisofs }),
    relocated,
    continuations,
  };
}

/** Algorithm `pz`, the size of the header in words, and of blocks as a power of two (Linux, fs/isofs/rock.h). */
function decodeZisofs(bytes: Uint8Array): Zisofs | undefined {
  const [blockBits = 0, header = 0] = [bytes[7], bytes[6]];
  if (bytes.length < 16 || bytes[4] !== 0x70 || bytes[5] !== 0x7a || blockBits < 10 || blockBits > 20)
    return undefined;
  return { size: uint32(bytes, 8), headerSize: header * 4, blockSize: 2 ** blockBits };
}

interface LinkParts {
  readonly text: string;
  /** The last component goes on in the next record, so that no slash comes between. */
  readonly open: boolean;
}

/** 4.1.3.1: component records of flags, length, content. */
function addComponents(link: LinkParts, records: Uint8Array): LinkParts {
  let { text, open } = link;
  let start = 0;
  while (start + 2 <= records.length) {
    const flags = records[start] ?? 0;
    const length = records[start + 1] ?? 0;
    const content = Buffer.from(records.subarray(start + 2, start + 2 + length)).toString('utf8');
    start += 2 + length;
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

/** What is told of a new entry; the rest is as its folder has it. */
export interface NewAttributes {
  readonly mode: number;
  /** Names that lead to it (4.1.1). */
  readonly links: number;
  /** Left out for `.` and `..`. */
  readonly name?: string;
  readonly target?: string;
}

/** PX without the serial number that RRIP 1.12 added. */
const modeLength = 36;

/** PX and TF as `like` has them, which is a folder, then SL and NM (4.1.1, 4.1.6, 4.1.3, 4.1.4). */
export function encodeRockRidge(like: readonly UseField[], attributes: NewAttributes): Uint8Array {
  const { mode, links, name, target } = attributes;
  const fields: Uint8Array[] = [];
  for (const { signature, bytes } of like) {
    const isMode = signature === 'PX' && bytes.length >= modeLength;
    if (!isMode && signature !== 'TF') continue;
    const copy = Uint8Array.from(bytes);
    fields.push(copy);
    if (!isMode) continue;
    writeBoth32(copy, 4, mode);
    writeBoth32(copy, 12, links);
    // The serial number of a file, there since RRIP 1.12: none that another file has.
    if (copy.length >= 44) writeBoth32(copy, 36, 0);
  }
  if (target !== undefined) fields.push(field('SL', linkComponents(target)));
  if (name !== undefined) fields.push(field('NM', Buffer.from(name, 'utf8')));
  return Buffer.concat(fields);
}

/** One folder more in the folder that these fields tell of: its link count grows (4.1.1). */
export function countFolder(fields: readonly UseField[]): void {
  const px = fields.find(({ signature, bytes }) => signature === 'PX' && bytes.length >= modeLength);
  if (px !== undefined) writeBoth32(px.bytes, 12, uint32(px.bytes, 12) + 1);
}

/** Signature, length, version and flags, of which none is set. */
const field = (signature: string, content: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(signature, 'latin1'), Buffer.from([5 + content.length, 1, 0]), content]);

/** A component for each part of a relative path without `.` and `..` (4.1.3.1). */
const linkComponents = (target: string): Uint8Array =>
  Buffer.concat(
    target
      .split('/')
      .map((part) => Buffer.from(part, 'utf8'))
      .flatMap((part) => [Buffer.from([0, part.length]), part]),
  );
