/** SHA-256 of files, read in pieces. */
import { createHash } from 'node:crypto';
import type { Files } from './ports.ts';

const pieceSize = 1024 * 1024;
/** What is read past the cache is read by sectors, of at most so many bytes. */
const sector = 4096;
const toldEvery = 4 * pieceSize;

export interface DigestOptions {
  /** Told the bytes done so far. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
  /** From the disk itself, as far as the cache can be dropped. */
  readonly fromDisk?: boolean;
}

/** Lower-case hex digest of the file at `path`, computed on this thread; throws Node's error when it cannot be read. */
export async function sha256File(files: Files, path: string, options: DigestOptions = {}): Promise<string> {
  const { onProgress, signal, fromDisk = false } = options;
  const file = await files.open(path, 'r');
  try {
    if (fromDisk) await file.dropCache();
    const hash = createHash('sha256');
    // Two pieces of memory in turn: one is read into while the other is hashed. A file of the kernel has no size.
    const length = file.size === 0 ? pieceSize : Math.min(pieceSize, Math.ceil(file.size / sector) * sector);
    let [reading, resting] = [new Uint8Array(length), new Uint8Array(length)];
    let next = file.readInto(0, reading);
    // Awaited below, unless the signal comes first; a failure before that must not count as unhandled.
    next.catch(() => {});
    for (let offset = 0, told = 0; ; ) {
      signal?.throwIfAborted();
      const count = await next;
      if (count === 0) break;
      const bytes = reading.subarray(0, count);
      [reading, resting] = [resting, reading];
      offset += count;
      next = file.readInto(offset, reading);
      next.catch(() => {});
      hash.update(bytes);
      if (offset - told < toldEvery) continue;
      told = offset;
      onProgress?.(offset);
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** Lower-case hex digest of bytes or of a text's UTF-8. */
export function sha256Of(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
