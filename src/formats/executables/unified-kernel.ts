/**
 * A kernel that a UEFI starts by itself, with its initrd and its command line as sections of one program (UAPI.5,
 * Unified Kernel Image).
 */
import type { PlacedBytes } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { readPe } from './pe.ts';

export interface UnifiedKernel {
  /** Any change breaks its signature. */
  readonly signed: boolean;
  readonly commandLine: Uint8Array;
  /** The program with another command line, as pieces; undefined when there is no room for it. */
  withCommandLine(text: Uint8Array): PlacedBytes[] | undefined;
}

const longest = 65_536;

/** Undefined for what is none. One without a command line of its own gets it from elsewhere. */
export async function readUnifiedKernel(source: ByteSource): Promise<UnifiedKernel | undefined> {
  const program = await readPe(source);
  const section = program?.sections.find(({ name }) => name === '.cmdline');
  if (program === undefined || section === undefined) return undefined;
  if (!program.sections.some(({ name }) => name === '.linux')) return undefined;
  const { raw, sizeField } = section;
  const size = Math.min(section.size === 0 ? raw.length : section.size, raw.length, longest);
  if (raw.offset + raw.length > source.size) return undefined;
  const bytes = Buffer.from(await source.read(raw.offset, size));
  const end = bytes.indexOf(0);
  return {
    signed: program.signed,
    commandLine: end < 0 ? bytes : bytes.subarray(0, end),
    withCommandLine: (text) => {
      // Readers take it with a NUL behind it or by its size.
      if (text.length + 1 > raw.length) return undefined;
      const content = new Uint8Array(raw.length);
      content.set(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return [
        { offset: raw.offset, bytes: content },
        { offset: sizeField, bytes: length },
      ];
    },
  };
}
