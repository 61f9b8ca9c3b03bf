/**
 * How many names lead to the same content. Reads nothing of a record but where its content lies: an image can have
 * tens of thousands of them, and names and Rock Ridge take most of the time.
 */
import type { ByteSource } from '../bytes.ts';
import type { Volume } from './descriptors.ts';
import { budgetOf, type Extent, invalid, readExtent, sectorSize } from './extent.ts';

/** Fields of a directory record and its smallest length (ECMA-119, 9.1). */
const fields = {
  attributes: 1,
  block: 2,
  size: 10,
  flags: 25,
  nameLength: 32,
  name: 33,
  smallest: 34,
} as const;
const flagDirectory = 0x02;

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
  const queue: Extent[] = [volume.root.extent];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (seen.has(folder.offset)) continue;
    seen.add(folder.offset);
    budget(folder.size, folder.offset);
    const bytes = await readExtent(source, folder, name);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; ) {
      const length = bytes[at] ?? 0;
      const left = sectorSize - (at % sectorSize);
      // Zeros fill what a record would not fit into (6.8.1.1).
      if (length === 0) {
        at += left;
        continue;
      }
      if (length < fields.smallest || length > left || at + length > bytes.length)
        throw invalid(`a folder of ${name} is damaged`, folder.offset + at);
      const block = view.getUint32(at + fields.block, true) + (bytes[at + fields.attributes] ?? 0);
      const content = volume.form.origin + block * sectorSize;
      const size = view.getUint32(at + fields.size, true);
      if (((bytes[at + fields.flags] ?? 0) & flagDirectory) === 0)
        count += content === offset && size > 0 ? 1 : 0;
      // One byte 0 or 1: the folder itself, and the one above (6.8.2.2).
      else if (bytes[at + fields.nameLength] !== 1 || (bytes[at + fields.name] ?? 0) > 1)
        queue.push({ offset: content, size });
      at += length;
    }
  }
  return count;
}
