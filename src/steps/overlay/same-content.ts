/** Whether two files have the same bytes: much cheaper than the digests of both. */
import type { Files } from '../../host/ports.ts';

const pieceSize = 2 * 1024 * 1024;

/** False when one of them cannot be read. */
export async function haveSameContent(files: Files, one: string, other: string): Promise<boolean> {
  const a = await files.open(one, 'r').catch(() => undefined);
  const b = await files.open(other, 'r').catch(() => undefined);
  try {
    if (a === undefined || b === undefined || a.size !== b.size) return false;
    const [left, right] = [new Uint8Array(pieceSize), new Uint8Array(pieceSize)];
    for (let offset = 0; offset < a.size; offset += pieceSize) {
      const [read, same] = [await a.readInto(offset, left), await b.readInto(offset, right)];
      if (read !== same || Buffer.compare(left.subarray(0, read), right.subarray(0, read)) !== 0)
        return false;
    }
    return true;
  } finally {
    await a?.close();
    await b?.close();
  }
}
