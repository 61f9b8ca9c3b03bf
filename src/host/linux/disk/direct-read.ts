/**
 * Reading from the disk itself: what the page cache holds may be what was written, and not what the disk kept. open(2)
 * has O_DIRECT for that, which takes no program and forgets nothing that others use.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { errorCode } from '../../../errors.ts';

/** Offsets, lengths and memory are multiples of it: no disk has larger sectors (open(2), "O_DIRECT"). */
export const directAlignment = 4096;
const pieceSize = 1 << 20;

export interface DirectReader {
  /** As OpenFile's. Throws Node's error; EINVAL from a file system that cannot do this after all. */
  readInto(offset: number, target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens the file or device at `path`; undefined where that cannot be done, as on some file systems and outside of
 * Linux. What is written to the file by other ways is on the disk before it is read.
 */
export async function openDirect(path: string): Promise<DirectReader | undefined> {
  // Node.js says 0, or nothing, where there is none.
  if (!constants.O_DIRECT) return undefined;
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECT).catch(() => undefined);
  if (handle === undefined) return undefined;
  // Some take the flag and refuse the read. A disk that fails says so once more when it is read.
  const refused = await handle.read(alignedMemory(directAlignment), 0, directAlignment, 0).then(
    () => false,
    (error) => errorCode(error) === 'EINVAL',
  );
  if (!refused) return reader(handle);
  await handle.close();
  return undefined;
}

function reader(handle: fs.FileHandle): DirectReader {
  // Two reads at once have two.
  const spare: Buffer[] = [];
  const readPiece = async (offset: number, target: Uint8Array): Promise<number> => {
    const before = offset % directAlignment;
    const length = Math.min(pieceSize, alignedUp(before + target.length));
    const memory = spare.pop() ?? alignedMemory(pieceSize);
    try {
      const { bytesRead } = await handle.read(memory, 0, length, offset - before);
      const found = memory.subarray(before, Math.min(bytesRead, before + target.length));
      target.set(found);
      return found.length;
    } finally {
      spare.push(memory);
    }
  };
  return {
    readInto: async (offset, target) => {
      let done = 0;
      while (done < target.length) {
        const count = await readPiece(offset + done, target.subarray(done));
        if (count === 0) break;
        done += count;
      }
      return done;
    },
    close: () => handle.close(),
  };
}

const alignedUp = (length: number) => Math.ceil(length / directAlignment) * directAlignment;

/** An array that may grow has whole pages of its own, as V8 makes it; others begin anywhere. */
const alignedMemory = (size: number): Buffer => Buffer.from(new ArrayBuffer(size, { maxByteLength: size }));
