/**
 * Whether the trees of an image show the same files. Most share their content; but a writer may have laid down copies
 * by design, as Joliet's are of files that are links in Rock Ridge, and boot images in the tree of a partition. So what
 * lies elsewhere is compared by its bytes.
 */
import { createHash } from 'node:crypto';
import type { ByteSource } from '../../formats/bytes.ts';
import { type Budget, budgetOf } from '../../formats/iso9660/bounded-read.ts';
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
  const digest = digestsOf(source, options.signal);
  const strange = await notAmong(digest, other.files, primary.files, options);
  // Makers hide files from Joliet by design; a partition has to show what the whole image does.
  const missing = form.origin > 0 ? await notAmong(digest, primary.files, other.files, options) : [];
  const told = new Set(strange.map(({ path }) => path));
  return [
    ...strange.map(({ path }) => `${which} has other content at /${path}`),
    ...missing.filter(({ path }) => !told.has(path)).map(({ path }) => `${which} does not have /${path}`),
  ];
}

/** Files whose content none of the others has. */
async function notAmong(
  digestOf: Digests,
  files: readonly IsoEntry[],
  others: readonly IsoEntry[],
  { contents = false }: CompareOptions,
): Promise<IsoEntry[]> {
  const places = new Set(others.map(placeOf));
  const bySize = Map.groupBy(others, ({ size }) => size);
  const digests = new Map<number, Set<string>>();
  const found: IsoEntry[] = [];
  for (const file of files) {
    // A link of Rock Ridge may be an empty file elsewhere.
    if (file.size === 0 || places.has(placeOf(file))) continue;
    const alike = bySize.get(file.size) ?? [];
    if (alike.length > 0 && !contents) continue;
    let known = digests.get(file.size);
    if (known === undefined) {
      known = new Set();
      for (const other of alike) known.add(await digestOf(other));
      digests.set(file.size, known);
    }
    if (alike.length === 0 || !known.has(await digestOf(file))) found.push(file);
  }
  return found;
}

type Digests = (file: IsoEntry) => Promise<string>;

/** Reads each place once, and no more than files that do not overlap can have. */
function digestsOf(source: ByteSource, signal: AbortSignal | undefined): Digests {
  const known = new Map<string, string>();
  const budget = budgetOf({ ...source, size: 2 * source.size }, 'the image');
  return async (file) => {
    const place = placeOf(file);
    const digest = known.get(place) ?? (await digestOf(source, file, budget, signal));
    known.set(place, digest);
    return digest;
  };
}

const placeOf = ({ extents }: IsoEntry): string =>
  extents
    .filter(({ length }) => length > 0)
    .map(({ offset, length }) => `${offset}+${length}`)
    .join();

async function digestOf(
  source: ByteSource,
  { extents }: IsoEntry,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { offset, length } of extents)
    for (let done = 0; done < length; done += readAtOnce) {
      signal?.throwIfAborted();
      budget(Math.min(readAtOnce, length - done), offset);
      const bytes = await source.read(offset + done, Math.min(readAtOnce, length - done));
      // What is cut off has a fault of its own.
      if (bytes.length === 0) return '';
      hash.update(bytes);
    }
  return hash.digest('hex');
}
