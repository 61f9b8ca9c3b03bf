/** Small writes to a block device that something is started from: flushed one after the other, and read back. */
import { OpsError } from '../errors.ts';
import type { PlacedBytes } from '../formats/byte-range.ts';
import type { Host, OpenFile } from './ports.ts';

/** In order, each on the disk before the next: the backup at the new end before what points to it. */
export async function writePieces(host: Host, path: string, pieces: readonly PlacedBytes[]): Promise<void> {
  await withFile(host, path, 'r+', async (disk) => {
    for (const { offset, bytes } of pieces) {
      await disk.write(offset, bytes);
      await disk.sync();
    }
    await disk.dropCache();
    for (const { offset, bytes } of pieces)
      if (Buffer.compare(await disk.read(offset, bytes.length), bytes) !== 0)
        throw new OpsError('broken', 'read-back', `${path} does not hold what was written`, {
          hint: 'The disk or its cable is faulty: look at the kernel messages (dmesg).',
        });
  });
}

export async function withFile<T>(
  host: Host,
  path: string,
  flags: 'r' | 'r+',
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await host.files.open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
