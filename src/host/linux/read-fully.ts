/** Reading from an open file: the kernel may give less than was asked for (read(2)). */
import type { FileHandle } from 'node:fs/promises';

/** Fills `target` with what lies at `offset`, as far as the file goes; resolves with how many bytes that is. */
export async function readFully(handle: FileHandle, offset: number, target: Uint8Array): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
