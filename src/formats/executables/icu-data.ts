/**
 * The data package of ICU that a program carries: which items it has, and the program without some of them. Source: ICU,
 * source/common/unicode/udata.h (UDataInfo, DataHeader) and source/common/ucmndata.h (UDataOffsetTOC); little-endian, as on
 * every machine of ours.
 */
import { refused } from '../../errors.ts';

/** One item of the package; offset and size in bytes of the program. */
export interface IcuItem {
  /** `icudt78l/curr/de.res` */
  readonly name: string;
  readonly offset: number;
  /** The last item's end is not written anywhere: it is undefined for that one. */
  readonly size: number | undefined;
}

interface Package {
  /** Where the table of contents begins; all its offsets count from there. */
  readonly base: number;
  /** In the order of the table, which is that of their names; `size` is how far away the next content begins. */
  readonly items: readonly (IcuItem & { readonly nameOffset: number })[];
}

/** DataHeader: the size of the header is before these two bytes. */
const magic = Buffer.from([0xda, 0x27]);
const infoOffset = 4;
/** UDataInfo.dataFormat of a common data package */
const format = { offset: infoOffset + 8, text: 'CmnD' } as const;
const entrySize = 8;
const longestName = 256;

/** The items of the first package in it, by name. Throws `icu-data-invalid` (refused) when there is none, or a damaged one. */
export const icuItems = (program: Uint8Array): IcuItem[] =>
  packageIn(bufferOf(program)).items.map(({ name, offset, size }) => ({ name, offset, size }));

/**
 * Takes items out of the package in `program` itself: ICU finds them no more, and takes the root locale where one of a
 * language is gone. Nothing moves, their bytes become zero. Returns how many bytes that are. Throws as `icuItems`, with
 * nothing changed.
 */
export function dropIcuItems(program: Uint8Array, dropped: (name: string) => boolean): number {
  const bytes = bufferOf(program);
  const { base, items } = packageIn(bytes);
  const kept = items.filter(({ name }) => !dropped(name));
  let cleared = 0;
  for (const { name, offset, size = 0 } of items) {
    if (!dropped(name)) continue;
    bytes.fill(0, offset, offset + size);
    cleared += size;
  }
  bytes.writeUInt32LE(kept.length, base);
  for (const [index, { nameOffset, offset }] of kept.entries()) {
    const entry = base + 4 + index * entrySize;
    bytes.writeUInt32LE(nameOffset, entry);
    bytes.writeUInt32LE(offset - base, entry + 4);
  }
  return cleared;
}

const bufferOf = (program: Uint8Array): Buffer =>
  Buffer.from(program.buffer, program.byteOffset, program.length);

function packageIn(bytes: Buffer): Package {
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const header = at - 2;
    if (
      header < 0 ||
      bytes.toString('latin1', header + format.offset, header + format.offset + 4) !== format.text
    )
      continue;
    return contents(bytes, header + bytes.readUInt16LE(header));
  }
  throw invalid('it has none');
}

function contents(bytes: Buffer, base: number): Package {
  try {
    const count = bytes.readUInt32LE(base);
    if (count * entrySize > bytes.length - base) throw invalid(`it cannot have ${count} items`);
    const read = Array.from({ length: count }, (_, index) => {
      const entry = base + 4 + index * entrySize;
      const nameOffset = bytes.readUInt32LE(entry);
      const offset = base + bytes.readUInt32LE(entry + 4);
      if (offset >= bytes.length) throw invalid(`item ${index} lies behind its end`);
      return { name: nameAt(bytes, base + nameOffset), nameOffset, offset };
    });
    const places = read.map(({ offset }) => offset).toSorted((left, right) => left - right);
    const next = new Map(places.map((place, index) => [place, places[index + 1]]));
    return {
      base,
      items: read.map((item) => {
        const end = next.get(item.offset);
        return { ...item, size: end === undefined ? undefined : end - item.offset };
      }),
    };
  } catch (cause) {
    if (cause instanceof RangeError) throw invalid('it ends too early', cause);
    throw cause;
  }
}

function nameAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  if (at >= bytes.length || end < 0 || end - at > longestName) throw invalid('an item has no name');
  return bytes.toString('latin1', at, end);
}

const invalid = (why: string, cause?: unknown) =>
  refused('icu-data-invalid', `The ICU data of this program cannot be read: ${why}`, { cause });
