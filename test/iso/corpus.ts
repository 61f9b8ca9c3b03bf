/**
 * Small images that others have made or damaged, kept as test/corpus/iso/NAME.iso.xz. Where each was met:
 *   crash-minimal    one bit of a live image: the extent of a folder leads to what is no folder
 *   joliet-symlink   genisoimage -f and its kin: Joliet has a copy of a file for each link to it
 *   plain            genisoimage without options: neither Rock Ridge nor Joliet, names in capital letters
 *   udf              genisoimage -udf: the same files by ISO 9660 and by UDF
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export type CorpusImage = 'crash-minimal' | 'joliet-symlink' | 'plain' | 'udf';

const folder = join(import.meta.dirname, '../corpus/iso');

const unpacked = new Map<CorpusImage, Buffer>();

/** A copy of its own. */
export function corpusImage(name: CorpusImage): Buffer {
  const image =
    unpacked.get(name) ??
    execFileSync('xz', ['-dkc', join(folder, `${name}.iso.xz`)], { maxBuffer: 2 ** 26 });
  unpacked.set(name, image);
  return Buffer.from(image);
}
