/** A root file system looked into: nodes by path, with links followed, and texts. Nothing throws for what is not there. */
import type { ByteSource } from '../../formats/bytes.ts';
import { readNode } from './root-bytes.ts';
import { type FoundNode, find, LeadsOut, type Node } from './tree.ts';

export interface Look {
  found(path: string): FoundNode | undefined;
  node(path: string): Node | undefined;
  /** With every link followed. */
  path(path: string): string | undefined;
  /** Of a file of at most 16 MiB. */
  text(path: string): Promise<string | undefined>;
  source(node: Node): ByteSource;
}

export function lookInto(root: Node, archive: ByteSource): Look {
  const found = (path: string): FoundNode | undefined => {
    try {
      return find(root, path);
    } catch (error) {
      if (error instanceof LeadsOut) return undefined;
      throw error;
    }
  };
  const node = (path: string) => found(path)?.node;
  return {
    ...{ found, node },
    path: (path) => found(path)?.path,
    text: async (path) => {
      const file = node(path);
      if (file?.kind !== 'file') return undefined;
      return readNode(file, [archive]).then(
        (bytes) => bytes.toString('utf8'),
        () => undefined,
      );
    },
    source: ({ content }) => ({
      size: content.size,
      read: (offset, length) =>
        archive.read(content.offset + offset, Math.max(0, Math.min(length, content.size - offset))),
    }),
  };
}
