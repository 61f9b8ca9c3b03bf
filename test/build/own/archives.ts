/** Archives and root file systems for tests of somebody's own OS, from a few words. */

import { layered } from '../../../src/build/own/layers.ts';
import { readNode } from '../../../src/build/own/root-bytes.ts';
import { type Node, walk } from '../../../src/build/own/tree.ts';
import {
  ownedHeader,
  type TarDetails,
  type TarKind,
  tarEnd,
  tarPadding,
} from '../../../src/formats/archives/tar.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';

export interface Entry extends Partial<Omit<TarDetails, 'kind'>> {
  readonly kind?: TarKind;
  readonly content?: Uint8Array | string;
}

/** An archive of entries in their order; a text alone is a file of it, one that begins with `->` a link. */
export function archiveOf(entries: readonly (readonly [path: string, entry: Entry | string])[]): Buffer {
  return Buffer.concat([
    ...entries.flatMap(([path, short]) => {
      const entry = full(path, short);
      const { kind = 'file', content = '', ...rest } = entry;
      const bytes = Buffer.from(content);
      const details: TarDetails & { readonly kind: TarKind } = {
        ...{ kind, mode: kind === 'directory' ? 0o755 : 0o644, uid: 0, gid: 0, mtime: 0, linkpath: '' },
        ...{ device: [0, 0] as const, records: new Uint8Array(), ...rest },
      };
      return [ownedHeader(path, details, bytes.length), bytes, tarPadding(bytes.length)];
    }),
    tarEnd,
  ]);
}

function full(path: string, short: Entry | string): Entry {
  if (typeof short !== 'string') return short;
  if (short.startsWith('->')) return { kind: 'symlink', linkpath: short.slice(2) };
  return path.endsWith('/') ? { kind: 'directory' } : { content: short };
}

export type Layer = readonly (readonly [path: string, entry: Entry | string])[];

/** The tree of these layers, and the archives that it lies in. */
export async function treeOf(...layers: readonly Layer[]) {
  const sources = layers.map((layer) => fromBytes(archiveOf(layer)));
  const root = await layered(sources.map((source, index) => ({ name: `layer ${index}`, source })));
  return { root, sources };
}

/** Every path with its content, `-> TARGET` of a link, or `/` of a folder. */
export async function shownTree(root: Node, sources: Parameters<typeof readNode>[1]) {
  const shown: Record<string, string> = {};
  for (const { path, node } of walk(root))
    shown[path] =
      node.kind === 'file'
        ? (await readNode(node, sources)).toString('utf8')
        : node.kind === 'symlink'
          ? `-> ${node.details.linkpath}`
          : node.kind === 'directory'
            ? '/'
            : node.kind;
  return shown;
}
