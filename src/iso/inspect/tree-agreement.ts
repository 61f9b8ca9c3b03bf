/**
 * Whether the trees of an image show the same files. Most share their content; but a writer may have laid down copies
 * by design, as Joliet's are of files that are links in Rock Ridge, and boot images in the tree of a partition. So what
 * lies elsewhere is compared by its bytes.
 */
import { createHash } from 'node:crypto';
import type { ByteSource } from '../../formats/bytes.ts';
import type { IsoEntry } from '../../formats/iso9660/image.ts';
import type { Tree } from '../../formats/iso9660/tree.ts';

export interface TreeFiles {
  readonly tree: Tree;
  readonly files: readonly IsoEntry[];
}

export interface CompareOptions {
  /** Without it files of the same size count as the same. */
  readonly contents?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const readAtOnce = 2 ** 20;

/** Each fault in words; `primary` is the tree that systems read. Throws as the source does. */
export async function disagreements(
  source: ByteSource,
  primary: TreeFiles,
  other: TreeFiles,
  options: CompareOptions,
): Promise<string[]> {
  const { kind, form } = other.tree.volume;
  const which = form.origin > 0 ? `the tree for the partition at byte ${form.origin}` : `the ${kind} tree`;
  const strange = await notAmong(source, other.files, primary.files, options);
  // Makers hide files from Joliet by design; a partition has to show what the whole image does.
  const missing = form.origin > 0 ? await notAmong(source, primary.files, other.files, options) : [];
  return [
    ...strange.map(({ path }) => `${which} has other content at /${path}`),
    ...missing
      .filter(({ path }) => !strange.some((file) => file.path === path))
      .map(({ path }) => `${which} does not have /${path}`),
  ];
}

/** Files whose content none of the others has. */
async function notAmong(
  source: ByteSource,
  files: readonly IsoEntry[],
  others: readonly IsoEntry[],
  { contents = false, signal }: CompareOptions,
): Promise<IsoEntry[]> {
  const places = new Set(others.map(placeOf));
  const found: IsoEntry[] = [];
  for (const file of files) {
    // A link of Rock Ridge may be an empty file elsewhere.
    if (file.size === 0 || places.has(placeOf(file))) continue;
    const alike = others.filter(({ size }) => size === file.size);
    if (alike.length > 0 && !contents) continue;
    const digest = alike.length === 0 ? '' : await digestOf(source, file, signal);
    let same = false;
    const tried = new Set<string>();
    for (const candidate of alike) {
      if (tried.has(placeOf(candidate))) continue;
      tried.add(placeOf(candidate));
      same ||= (await digestOf(source, candidate, signal)) === digest;
      if (same) break;
    }
    if (!same) found.push(file);
  }
  return found;
}

const placeOf = ({ extents }: IsoEntry): string =>
  extents
    .filter(({ length }) => length > 0)
    .map(({ offset, length }) => `${offset}+${length}`)
    .join();

async function digestOf(source: ByteSource, { extents }: IsoEntry, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const { offset, length } of extents)
    for (let done = 0; done < length; done += readAtOnce) {
      signal?.throwIfAborted();
      const bytes = await source.read(offset + done, Math.min(readAtOnce, length - done));
      // What is cut off has a fault of its own.
      if (bytes.length === 0) return '';
      hash.update(bytes);
    }
  return hash.digest('hex');
}
