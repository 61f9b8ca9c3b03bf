/**
 * What firmware sees of an EFI program: for which processor it is, whether it is signed, and what its .sbat section
 * says that it is (Microsoft, "PE Format"; shim, SBAT.md). Signatures are not checked.
 */
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { withoutTrailing } from '../trailing.ts';

export interface EfiProgram {
  /** `x86_64`, `i386`, `aarch64`, `arm`, or the number of another machine. */
  readonly machine: string;
  /** It carries a certificate table. */
  readonly signed: boolean;
  /** Names of .sbat: `shim`, `grub`, `grub.debian`. */
  readonly sbat: readonly string[];
}

const machines: Readonly<Record<number, string>> = {
  34404: 'x86_64',
  332: 'i386',
  43620: 'aarch64',
  450: 'arm',
};
const headLimit = 64 * 1024;
const sbatLimit = 64 * 1024;
const sectionSize = 40;

export interface PeSection {
  readonly name: string;
  /** Bytes that count, and where the field that says so stands in the file. */
  readonly size: number;
  readonly sizeField: number;
  /** What is kept of it in the file. */
  readonly raw: ByteRange;
}

export interface PeProgram {
  readonly machine: string;
  readonly signed: boolean;
  readonly sections: readonly PeSection[];
}

/** Undefined for what is no PE program. */
export async function readPe(source: ByteSource): Promise<PeProgram | undefined> {
  const head = await source.read(0, Math.min(headLimit, source.size));
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (head.length < 64 || view.getUint16(0) !== 0x4d5a) return undefined;
  const signature = view.getUint32(0x3c, true);
  // Signature and COFF header (24 bytes), then the optional header up to the certificate table's entry.
  if (signature + 24 + 152 > head.length || view.getUint32(signature) !== 0x50450000) return undefined;
  const machine = view.getUint16(signature + 4, true);
  const count = view.getUint16(signature + 6, true);
  const optionalSize = view.getUint16(signature + 20, true);
  const optional = signature + 24;
  // PE32+ has its data directories 16 bytes later than PE32; the certificate table is the fifth of them.
  const directories = optional + (view.getUint16(optional, true) === 0x20b ? 112 : 96);
  const certificate = {
    offset: view.getUint32(directories + 4 * 8, true),
    size: view.getUint32(directories + 4 * 8 + 4, true),
  };
  const signed = certificate.size > 8 && certificate.offset + certificate.size <= source.size;
  const sections: PeSection[] = [];
  for (let index = 0; index < count; index += 1) {
    const section = optional + optionalSize + index * sectionSize;
    if (section + sectionSize > head.length) break;
    sections.push({
      name: withoutTrailing(Buffer.from(head.subarray(section, section + 8)).toString('latin1'), '\0'),
      size: view.getUint32(section + 8, true),
      sizeField: section + 8,
      raw: { offset: view.getUint32(section + 20, true), length: view.getUint32(section + 16, true) },
    });
  }
  return { machine: machines[machine] ?? `0x${machine.toString(16)}`, signed, sections };
}

/** Undefined for what is no PE program. */
export async function decodePe(source: ByteSource): Promise<EfiProgram | undefined> {
  const program = await readPe(source);
  if (program === undefined) return undefined;
  const { machine, signed, sections } = program;
  const own = sections.findLast(({ name }) => name === '.sbat')?.raw;
  const sbat =
    own === undefined ? [] : sbatNames(await source.read(own.offset, Math.min(own.length, sbatLimit)));
  return { machine, signed, sbat };
}

/** CSV; the first line is that of the format itself. */
function sbatNames(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
  return text
    .split('\n')
    .map((line) => line.split(',')[0] ?? '')
    .filter((name) => /^[\w.-]+$/.test(name) && name !== 'sbat');
}
