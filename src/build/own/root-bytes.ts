/** A tree as a tar archive: every entry once, folders before what they hold, the first name of a file with its content. */
import { ownedHeader, tarEnd, tarPadding } from '../../formats/archives/tar.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { type Node, walk } from './tree.ts';

const pieceSize = 4 * 1024 * 1024;

/** `sources` are the archives that the contents of the nodes lie in. Names begin with `./`. */
export async function* rootBytes(root: Node, sources: readonly ByteSource[]): AsyncGenerator<Uint8Array> {
  const written = new Map<Node, string>();
  for (const { path, node } of walk(root)) {
    const { kind, details, content } = node;
    const name = `./${path}`;
    const first = written.get(node);
    if (first !== undefined) {
      yield ownedHeader(name, { ...details, kind: 'link', linkpath: first, records: new Uint8Array() }, 0);
      continue;
    }
    if (kind !== 'directory') written.set(node, name);
    const linkpath = kind === 'symlink' ? details.linkpath : '';
    yield ownedHeader(kind === 'directory' ? `${name}/` : name, { ...details, kind, linkpath }, content.size);
    if (kind !== 'file') continue;
    yield* contentOf(node, sources);
    yield tarPadding(content.size);
  }
  yield tarEnd;
}

/** The bytes of a file. */
export async function* contentOf(node: Node, sources: readonly ByteSource[]): AsyncGenerator<Uint8Array> {
  const { archive, offset, size } = node.content;
  const source = sources[archive];
  if (source === undefined) throw new Error(`archive ${archive} is missing`);
  for (let done = 0; done < size; ) {
    const piece = await source.read(offset + done, Math.min(pieceSize, size - done));
    if (piece.length === 0) throw new Error('an archive became shorter while it was read');
    yield piece;
    done += piece.length;
  }
}

/** A file that is small, whole. Throws Error for a larger one than `limit`. */
export async function readNode(
  node: Node,
  sources: readonly ByteSource[],
  limit = 16 * 2 ** 20,
): Promise<Buffer> {
  if (node.content.size > limit) throw new Error(`it has ${node.content.size} bytes`);
  const pieces: Uint8Array[] = [];
  for await (const piece of contentOf(node, sources)) pieces.push(piece);
  return Buffer.concat(pieces);
}
