/** Programs and what they are packed with. */
import { readFileSync } from 'node:fs';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { decodeLzma } from '../../../src/formats/compression/lzma.ts';
import { elfNeeds } from '../../../src/formats/executables/elf.ts';
import { linuxVersion } from '../../../src/formats/executables/linux-image.ts';
import { decodePe } from '../../../src/formats/executables/pe.ts';
import { sbatLevelOf } from '../../../src/formats/executables/sbat.ts';
import { readUnifiedKernel } from '../../../src/formats/executables/unified-kernel.ts';
import { portableExecutable } from '../../formats/executables/portable-executable.ts';
import { tool } from '../../formats/support.ts';
import { made } from './made.ts';
import { each, type Parser } from './parser.ts';

/** The boot sector of a kernel, as Documentation/arch/x86/boot.rst has it. */
function kernelHead(): Buffer {
  const head = Buffer.alloc(0x1000);
  head.write('HdrS', 0x202, 'latin1');
  head.writeUInt16LE(0x400, 0x20e);
  head.write('6.1.0-1-amd64 (x@y) #1 SMP\0', 0x600, 'latin1');
  return head;
}

/** A stream of xz's older format without its header of 13 bytes, as GRUB packs its core. */
const lzma = () =>
  made((file) => tool('sh', '-c', `head -c 20000 /bin/busybox | xz --format=lzma -c | tail -c +14 >${file}`));

export const programParsers: Readonly<Record<string, Parser>> = {
  ELF: { seeds: () => [readFileSync('/usr/bin/lsblk')], parse: (input) => elfNeeds(input) },
  'PE program': {
    seeds: () => [
      portableExecutable(),
      portableExecutable('sbat,1,SBAT Version,sbat,1,x\ngrub,4,GRUB,x,2.06,y\n'),
    ],
    parse: (input) =>
      each(
        () => decodePe(fromBytes(input)),
        () => readUnifiedKernel(fromBytes(input)),
        () => sbatLevelOf(input),
      ),
  },
  'Linux kernel': { seeds: () => [kernelHead()], parse: (input) => linuxVersion(fromBytes(input)) },
  LZMA: { seeds: () => [lzma()], parse: (input) => decodeLzma(input, 20_000) },
};
