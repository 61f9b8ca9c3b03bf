/**
 * The smallest program that ends with code 0, as an ELF file (System V ABI, "ELF header" and "Program header"): started,
 * it tells whether the kernel runs programs of that architecture.
 */
import type { Architecture } from '../../architectures.ts';

const loadAddress = 0x10000;
const loadable = 1;
const readAndExecute = 5;
const executable = 2;

/** The bytes of the file, little endian. */
export function exitProgram({ elf, exitCode }: Pick<Architecture, 'elf' | 'exitCode'>): Uint8Array {
  const wide = elf.bits === 64;
  const [headerSize, entrySize] = wide ? [64, 56] : [52, 32];
  const start = headerSize + entrySize;
  const size = start + exitCode.length;
  const bytes = Buffer.alloc(size);
  let offset = 0;
  const half = (value: number) => {
    offset = bytes.writeUInt16LE(value, offset);
  };
  const word = (value: number) => {
    offset = bytes.writeUInt32LE(value, offset);
  };
  const address = (value: number) => {
    word(value);
    if (wide) word(0);
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  offset = 16;
  for (const value of [executable, elf.machine]) half(value);
  word(1);
  for (const value of [loadAddress + start, headerSize, 0]) address(value);
  // Of ARM: version 5 of the ABI (e_flags, EF_ARM_EABI_VER5); others have none.
  word(wide ? 0 : 0x05000000);
  for (const value of [headerSize, entrySize, 1, 0, 0, 0]) half(value);
  word(loadable);
  if (wide) word(readAndExecute);
  for (const value of [0, loadAddress, loadAddress, size, size]) address(value);
  if (!wide) word(readAndExecute);
  address(0x1000);
  bytes.set(exitCode, start);
  return bytes;
}
