/** Disks for the writers, and what they make of them as a file. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type ByteRange, endOf } from '../../../src/formats/byte-range.ts';
import { lengthOf, type Part, type VirtualDisk } from '../../../src/formats/disk-images/virtual-disk.ts';

/** Bytes that no method can make much smaller, the same for the same place. */
export function noise(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (offset * 2_654_435_761 + 12_345) >>> 0;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A disk with noise in its runs. Reading anything but them is a mistake of the writer, but for the rest of a block. */
export function noisyDisk(size: number, runs: readonly ByteRange[]): VirtualDisk {
  // Made once, when it is first read: writers read a disk cluster by cluster.
  const made = new Map<ByteRange, Buffer>();
  const contentOf = (run: ByteRange): Buffer => {
    const content = made.get(run) ?? noise(run.offset, run.length);
    made.set(run, content);
    return content;
  };
  const source = {
    size,
    read: async (offset: number, length: number) => {
      const out = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      for (const run of runs) {
        const [from, to] = [Math.max(run.offset, offset), Math.min(endOf(run), offset + out.length)];
        if (from < to) out.set(contentOf(run).subarray(from - run.offset, to - run.offset), from - offset);
      }
      return out;
    },
  };
  return { size, runs, source };
}

/** Writes the parts to a file, holes as holes. */
export async function writeFileOf(parts: AsyncIterable<Part>, path: string): Promise<void> {
  const file = openSync(path, 'w');
  let offset = 0;
  for await (const part of parts) {
    if (part instanceof Uint8Array) writeSync(file, part, 0, part.length, offset);
    offset += lengthOf(part);
  }
  ftruncateSync(file, offset);
  closeSync(file);
}
