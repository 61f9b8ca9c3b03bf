/** SHA-256 of files, read in pieces. */
import { createHash } from 'node:crypto';
import type { Files } from './ports.ts';

const pieceSize = 4 * 1024 * 1024;

/** Lower-case hex digest of the file at `path`; throws Node's error when it cannot be read. */
export async function sha256File(files: Files, path: string): Promise<string> {
  const file = await files.open(path, 'r');
  try {
    const hash = createHash('sha256');
    for (let offset = 0; offset < file.size; offset += pieceSize) {
      hash.update(await file.read(offset, Math.min(pieceSize, file.size - offset)));
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
