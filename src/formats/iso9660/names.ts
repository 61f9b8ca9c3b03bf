/**
 * How many names lead to the same content. Reads nothing of a record but where its content lies: an image can have
 * tens of thousands of them, and names and Rock Ridge take most of the time.
 */
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { budgetOf, readRange } from './bounded-read.ts';
import type { Volume } from './descriptors.ts';
import { recordStarts } from './directory.ts';
import { contentLength, contentOffset, isDirectory, isSelfOrParent, viewOf } from './record.ts';

/**
 * The files of one tree whose content begins at byte `offset` of the image: hard links, and what a writer has joined.
 * What is empty has a place and no content, so it does not count.
 * Throws OpsError (refused) `iso-invalid`, `iso-truncated`.
 */
export async function namesAt(
  source: ByteSource,
  volume: Volume,
  offset: number,
  name: string,
): Promise<number> {
  const budget = budgetOf(source, name);
  const seen = new Set<number>();
  let count = 0;
  const queue: ByteRange[] = [volume.root.extent];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (seen.has(folder.offset)) continue;
    seen.add(folder.offset);
    budget(folder.length, folder.offset);
    const bytes = await readRange(source, folder, name);
    const view = viewOf(bytes);
    for (const start of recordStarts(bytes, folder.offset, name)) {
      const content = contentOffset(view, start, volume.form.origin);
      const length = contentLength(view, start);
      if (!isDirectory(view, start)) count += content === offset && length > 0 ? 1 : 0;
      else if (!isSelfOrParent(view, start)) queue.push({ offset: content, length });
    }
  }
  return count;
}
