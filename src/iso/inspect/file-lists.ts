/** The lists by which the files of an ISO can be checked: our manifest, or what Debian, Ubuntu and others put on theirs. */
import { createHash } from 'node:crypto';
import type { Tree } from '../../formats/iso9660/tree.ts';
import { type Manifest, manifestPath, parseManifest } from '../../media/manifest.ts';
import { type DigestAlgorithm, isDigestList, parseDigestLine } from '../digest-list-names.ts';

export interface ListedFile {
  readonly path: string;
  /** Lower-case hex. */
  readonly digest: string;
  readonly size?: number;
}

export interface FileList {
  /** Where it stands in the image. */
  readonly path: string;
  readonly algorithm: DigestAlgorithm;
  readonly files: readonly ListedFile[];
  readonly manifest?: Manifest;
}

const listLimit = 16 * 1024 * 1024;

/** The best list that the image has. Throws as the reader does, and `manifest-invalid` (refused). */
export async function findFileList(tree: Tree): Promise<FileList | undefined> {
  const text = async (path: string) =>
    (await tree.stat(path))?.type === 'file'
      ? Buffer.from(await tree.readFile(path, listLimit)).toString('utf8')
      : undefined;
  const ours = await text(manifestPath);
  if (ours !== undefined) {
    const manifest = parseManifest(ours, `/${manifestPath}`);
    const files = manifest.files.map(({ path, size, sha256 }) => ({ path, size, digest: sha256 }));
    return { path: manifestPath, algorithm: 'sha256', files, manifest };
  }
  const lists: FileList[] = [];
  for (const { path, type } of await tree.list('')) {
    if (type !== 'file' || !isDigestList(path)) continue;
    const lines = ((await text(path)) ?? '').split(/\r?\n/).flatMap((line) => parseDigestLine(line) ?? []);
    const algorithm = lines[0]?.algorithm;
    const files = lines
      .filter((line) => line.algorithm === algorithm)
      .map((line) => ({ path: line.path, digest: line.digest.toLowerCase() }));
    if (algorithm !== undefined) lists.push({ path, algorithm, files });
  }
  const [best] = lists.toSorted((a, b) => strengthOf(b) - strengthOf(a));
  return best;
}

/** The longer the better. */
const strengthOf = ({ files }: FileList): number => files[0]?.digest.length ?? 0;

const pieceSize = 4 * 1024 * 1024;

export interface ListedFault {
  /** `differs`: it is a file of that size with another digest. */
  readonly kind: 'differs' | 'other';
  readonly text: string;
}

/** What is wrong with one file of the list; undefined when it is what the list says. Told how far it is, in bytes. */
export async function listedFileFault(
  tree: Tree,
  algorithm: FileList['algorithm'],
  listed: ListedFile,
  tell: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<ListedFault | undefined> {
  const other = (text: string): ListedFault => ({ kind: 'other', text });
  const entry = await tree.stat(listed.path);
  if (entry === undefined) return other(`/${listed.path} is missing`);
  if (entry.type !== 'file') return other(`/${listed.path} is not a file`);
  if (listed.size !== undefined && entry.size !== listed.size)
    return other(`/${listed.path} has ${entry.size} bytes instead of ${listed.size}`);
  const file = await tree.open(entry.path);
  const hash = createHash(algorithm);
  for (let offset = 0; offset < file.size; offset += pieceSize) {
    signal?.throwIfAborted();
    const bytes = await file.read(offset, Math.min(pieceSize, file.size - offset));
    hash.update(bytes);
    tell(bytes.length);
  }
  return hash.digest('hex') === listed.digest
    ? undefined
    : { kind: 'differs', text: `/${listed.path} does not match its digest in the list` };
}
