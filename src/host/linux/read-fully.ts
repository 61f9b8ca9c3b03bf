/** Reading all of something: the kernel may give less than was asked for (read(2)). */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';

/** Fills `target` with what lies at `offset`, as far as the file goes; resolves with how many bytes that is. */
export async function readFully(handle: fs.FileHandle, offset: number, target: Uint8Array): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Bytes of what does not say how long it is: a pipe, a device, a file of the kernel's. Some have no end (`/dev/zero`). */
export const mostWithoutSize = 64 * 1024 * 1024;
const pieceLength = 256 * 1024;

/**
 * All of the file at `path`. Throws what the system does, and with the code `EFBIG` for more than `mostWithoutSize` of what
 * has no size. Where the kernel would make a reader of a file wait, as of `/proc/kmsg`, it is `EAGAIN`; pipes are waited for.
 */
export async function readWhole(path: string): Promise<Buffer> {
  const regular = (await fs.stat(path)).isFile();
  const handle = await fs.open(path, constants.O_RDONLY | (regular ? constants.O_NONBLOCK : 0));
  try {
    // What is known to have an end is read at once.
    if (regular && (await handle.stat()).size > 0) return await handle.readFile();
    const pieces: Buffer[] = [];
    for (let length = 0; ; ) {
      const piece = Buffer.allocUnsafe(pieceLength);
      const { bytesRead } = await handle.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return Buffer.concat(pieces, length);
      length += bytesRead;
      if (length > mostWithoutSize) throw endless(path);
      pieces.push(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

const endless = (path: string): Error =>
  Object.assign(new Error(`EFBIG: more than ${mostWithoutSize} bytes and no end, read '${path}'`), {
    ...{ code: 'EFBIG', syscall: 'read', path },
  });
