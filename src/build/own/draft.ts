/** Changes of a tree in memory. Folders above a path are made, also in the place of a link: none is followed. */

import type { TarDetails } from '../../formats/archives/tar.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { type Node, newFolder, partsOf } from './tree.ts';

export interface Draft {
  /** A file that is there keeps its owner and its mode. */
  put(path: string, text: string, mode: number): void;
  link(path: string, target: string): void;
  /** Another name of a file that is there. */
  name(path: string, node: Node): void;
  folder(path: string): void;
  remove(path: string): void;
  /** Nothing happens where nothing is. A folder goes with all that is below it. */
  move(from: string, to: string): void;
  /** The names in a folder, sorted; empty when it does not exist. */
  names(path: string): string[];
  /** The texts that were put, as the archive 1 of the tree. */
  texts(): ByteSource;
}

const owned: Omit<TarDetails, 'kind' | 'mode'> = {
  ...{ uid: 0, gid: 0, mtime: 0, linkpath: '', device: [0, 0] },
  records: new Uint8Array(),
};
const nothing = { archive: 1, offset: 0, size: 0 } as const;

export function draftOf(root: Node): Draft {
  const texts: Buffer[] = [];
  let length = 0;

  function above(path: string, make: boolean): { children: Map<string, Node>; name: string } | undefined {
    const parts = partsOf(path);
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      let next = folder.children?.get(part);
      if (next?.children === undefined) {
        if (!make) return undefined;
        next = newFolder();
        folder.children?.set(part, next);
      }
      folder = next;
    }
    return folder.children === undefined ? undefined : { children: folder.children, name };
  }
  const set = (path: string, node: Node) => {
    const place = above(path, true);
    place?.children.set(place.name, node);
  };
  const get = (path: string) => {
    const place = above(path, false);
    return place?.children.get(place.name);
  };
  const remove = (path: string) => {
    const place = above(path, false);
    place?.children.delete(place.name);
  };

  return {
    put: (path, text, mode) => {
      const bytes = Buffer.from(text);
      const before = get(path);
      const details = before?.kind === 'file' ? before.details : { ...owned, kind: 'file' as const, mode };
      set(path, {
        ...{ kind: 'file', details },
        content: { archive: 1, offset: length, size: bytes.length },
        children: undefined,
      });
      texts.push(bytes);
      length += bytes.length;
    },
    link: (path, target) =>
      set(path, {
        ...{ kind: 'symlink', details: { ...owned, kind: 'symlink', mode: 0o777, linkpath: target } },
        ...{ content: nothing, children: undefined },
      }),
    name: set,
    folder: (path) => {
      if (get(path)?.children === undefined) set(path, newFolder());
    },
    remove,
    move: (from, to) => {
      const node = get(from);
      if (node === undefined) return;
      remove(from);
      set(to, node);
    },
    names: (path) => {
      const folder = partsOf(path).length === 0 ? root : get(path);
      return [...(folder?.children?.keys() ?? [])].sort();
    },
    texts: () => {
      const all = Buffer.concat(texts);
      return { size: all.length, read: async (offset, count) => all.subarray(offset, offset + count) };
    },
  };
}
