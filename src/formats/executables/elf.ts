/**
 * What a program needs to be started: its loader and its libraries, out of the dynamic section of a 64-bit
 * little-endian ELF file. Source: System V ABI, ELF-64 Object File Format, version 1.5; figures are its.
 */
import { refused } from '../../errors.ts';

export interface ElfNeeds {
  /** The path of the loader; undefined for a library or a program that is linked statically. */
  readonly interpreter?: string;
  /** Names of libraries: `libc.so.6`. */
  readonly libraries: readonly string[];
}

/** Figure 3: class 64-bit, little-endian */
const identification = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
/** Figure 7 */
const segment = { load: 1, dynamic: 2, interpreter: 3 } as const;
/** Figure 10 */
const tag = { end: 0n, needed: 1n, strings: 5n, stringsSize: 10n } as const;
const programHeaderSize = 56;

/** True for what begins as a file that `elfNeeds` reads. */
export const isElf = (bytes: Uint8Array): boolean => identification.equals(bytes.subarray(0, 6));

/** Reads the needs of a whole file. Throws `elf-invalid` (refused). */
export function elfNeeds(bytes: Uint8Array): ElfNeeds {
  if (!isElf(bytes)) throw invalid('it is not a 64-bit little-endian ELF file');
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    return needsOf(file);
  } catch (cause) {
    if (cause instanceof RangeError) throw invalid('it ends too early', cause);
    throw cause;
  }
}

function needsOf(file: Buffer): ElfNeeds {
  const start = Number(file.readBigUInt64LE(32));
  const headers = Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const header = start + index * programHeaderSize;
    const field = (offset: number) => Number(file.readBigUInt64LE(header + offset));
    return { type: file.readUInt32LE(header), offset: field(8), address: field(16), size: field(32) };
  });
  const loader = headers.find(({ type }) => type === segment.interpreter);
  const interpreter = loader && text(file, loader.offset, loader.size);
  const dynamic = headers.find(({ type }) => type === segment.dynamic);
  const base = interpreter === undefined ? {} : { interpreter };
  if (dynamic === undefined) return { ...base, libraries: [] };

  const needed: number[] = [];
  let address: number | undefined;
  let size = 0;
  for (let entry = dynamic.offset; entry < dynamic.offset + dynamic.size; entry += 16) {
    const kind = file.readBigUInt64LE(entry);
    const value = Number(file.readBigUInt64LE(entry + 8));
    if (kind === tag.end) break;
    if (kind === tag.needed) needed.push(value);
    else if (kind === tag.strings) address = value;
    else if (kind === tag.stringsSize) size = value;
  }
  // Addresses are those of the running program; the segment that is loaded there says the place in the file.
  const holder = headers.find(
    (header) =>
      header.type === segment.load &&
      address !== undefined &&
      address >= header.address &&
      address < header.address + header.size,
  );
  if (holder === undefined || address === undefined) {
    if (needed.length > 0) throw invalid('its string table is missing');
    return { ...base, libraries: [] };
  }
  const strings = holder.offset + (address - holder.address);
  return { ...base, libraries: needed.map((name) => text(file, strings + name, size - name)) };
}

/** A text that ends with a zero byte, of at most `limit` bytes. */
function text(file: Buffer, offset: number, limit: number): string {
  const bytes = file.subarray(offset, offset + Math.max(0, limit));
  const end = bytes.indexOf(0);
  if (end < 0) throw invalid('a name in it is not terminated');
  return bytes.toString('latin1', 0, end);
}

const invalid = (why: string, cause?: unknown) =>
  refused('elf-invalid', `A program cannot be read: ${why}`, cause === undefined ? {} : { cause });
