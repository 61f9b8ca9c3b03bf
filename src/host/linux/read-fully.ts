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
/** Bytes of a file that does: nothing that is read as a whole is larger, but a path may be that of an image of a disk. */
export const mostWhole = 256 * 1024 * 1024;
const pieceLength = 256 * 1024;

/**
 * All of the file at `path`. Throws what the system does, and with the code `EFBIG` for more than `mostWithoutSize` of what
 * has no size, and more than `mostWhole` of what has one. Where the kernel would make a reader of a file wait, as of `/proc/kmsg`, it is `EAGAIN`; pipes are waited for.
 */
export async function readWhole(path: string): Promise<Buffer> {
  const regular = (await fs.stat(path)).isFile();
  const handle = await fs.open(path, constants.O_RDONLY | (regular ? constants.O_NONBLOCK : 0));
  try {
    // What is known to have an end is read at once.
    const { size } = regular ? await handle.stat() : { size: 0 };
    if (size > mostWhole) throw tooLarge(path, `${size} bytes`);
    if (size > 0) return await handle.readFile();
    const pieces: Buffer[] = [];
    for (let length = 0; ; ) {
      const piece = Buffer.allocUnsafe(pieceLength);
      const { bytesRead } = await handle.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return Buffer.concat(pieces, length);
      length += bytesRead;
      if (length > mostWithoutSize) throw tooLarge(path, `more than ${mostWithoutSize} bytes and no end`);
      pieces.push(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** The same for a file that others can write to: a link in the last place is `ELOOP`, a pipe is empty, and less is taken. */
export async function readNoFollow(path: string): Promise<Buffer> {
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await handle.stat();
    if (size > mostWithoutSize) throw tooLarge(path, `${size} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const tooLarge = (path: string, found: string): Error =>
  Object.assign(new Error(`EFBIG: ${found}, read '${path}'`), {
    ...{ code: 'EFBIG', syscall: 'read', path },
  });
