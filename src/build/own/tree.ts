/**
 * A root file system as a tree in memory: names and what the headers of archives say of them, the content left where it
 * lies. Links are followed inside of it, never on the machine that builds.
 */
import type { TarDetails, TarKind } from '../../formats/archives/tar.ts';

/** A file, folder, link or device; a file with several names is one of these under each. */
export interface Node {
  readonly kind: Exclude<TarKind, 'link'>;
  readonly details: TarDetails;
  /** Where its bytes lie: which of the archives, from which byte on. */
  readonly content: { readonly archive: number; readonly offset: number; readonly size: number };
  /** Of a folder; undefined for all else. */
  readonly children: Map<string, Node> | undefined;
}

export interface FoundNode {
  /** Its path with every link followed, without `/` in front. */
  readonly path: string;
  readonly node: Node;
}

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

const folderDetails: TarDetails = {
  ...{ kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, linkpath: '', device: [0, 0] },
  records: new Uint8Array(),
};

export const newFolder = (details: TarDetails = folderDetails): Node => ({
  kind: 'directory',
  details,
  content: { archive: 0, offset: 0, size: 0 },
  children: new Map(),
});

/** The names of a path; `.` and empty ones are left out. */
export const partsOf = (path: string): string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.');

/** A link that leads out of the root. */
export class LeadsOut extends Error {}

/**
 * Walks `path` from the root, following links; the last one too unless `keepLast`. undefined where nothing is, and for
 * links in a circle. Throws LeadsOut for a link that climbs above the root.
 */
export function find(root: Node, path: string, keepLast = false): FoundNode | undefined {
  const walked: { readonly name: string; readonly node: Node }[] = [];
  const waiting = partsOf(path);
  let links = 0;
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const folder = walked.at(-1)?.node ?? root;
    if (name === '..') {
      if (walked.pop() === undefined) throw new LeadsOut(path);
      continue;
    }
    const node = folder.children?.get(name);
    if (node === undefined) return undefined;
    if (node.kind !== 'symlink' || (keepLast && waiting.length === 0)) {
      walked.push({ name, node });
      continue;
    }
    links += 1;
    if (links > mostLinks) return undefined;
    const { linkpath } = node.details;
    if (linkpath.startsWith('/')) walked.length = 0;
    waiting.unshift(...partsOf(linkpath));
  }
  return { path: walked.map(({ name }) => name).join('/'), node: walked.at(-1)?.node ?? root };
}

/** Everything below a folder, folders before what they hold, by name. */
export function* walk(
  folder: Node,
  path = '',
): Generator<{ readonly path: string; readonly node: Node; readonly name: string }> {
  for (const name of [...(folder.children?.keys() ?? [])].sort()) {
    const node = folder.children?.get(name);
    if (node === undefined) continue;
    const below = path === '' ? name : `${path}/${name}`;
    yield { path: below, node, name };
    if (node.children !== undefined) yield* walk(node, below);
  }
}
