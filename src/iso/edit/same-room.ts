/**
 * Content where the old content lies. Two writes are needed then, of the content and of its size, and a reader must see
 * something whole between them.
 */
import { sectorSize } from '../../formats/iso9660/bounded-read.ts';
import type { TreeChange } from '../../formats/iso9660/edit/change-tree.ts';
import { namesAt } from '../../formats/iso9660/names.ts';
import type { Image } from '../image.ts';
import { bytesPiece, type Content, type Patch, type Piece, piecesOf, sizeOf } from '../pieces.ts';
import {
  allocator,
  assemble,
  type ChangedTree,
  type Edits,
  editTrees,
  type FileChange,
  reaching,
  Unfit,
  wholeSectors,
} from './patch-plan.ts';

/** A file whose new content goes where the old one lies. */
interface Replacement {
  readonly change: FileChange & { readonly content: Content };
  readonly offset: number;
  readonly oldSize: number;
}

/** Throws Unfit. */
export async function inSameRoom(image: Image, edits: Edits): Promise<Patch> {
  const replaced: Replacement[] = [];
  const changes: TreeChange[] = [];
  for (const change of edits.files) {
    const { path, content, link } = change;
    if (content === undefined) {
      changes.push({ path, ...(link === undefined ? {} : { link }) });
      continue;
    }
    const replacement = await replacementOf(image, { ...change, content });
    replaced.push(replacement);
    changes.push({ path, extents: [{ offset: replacement.offset, length: sizeOf(content) }] });
  }
  const changed = await editTrees(image.trees, changes, inPlace);
  const patch = assemble('same-room', image, edits, changed, []);
  const [only] = replaced;
  if (only !== undefined && edits.files.length === 1 && isShortMenu(only))
    return reaching({ ...patch, ...(await asMenu(image, only, recordsOf(changed))) }, image.trees);
  const data = replaced.map(({ offset, change }) => ({ offset, content: change.content }));
  const detour = await behindTheEnd(image, replaced);
  return reaching({ ...patch, detour, data }, image.trees);
}

async function replacementOf(image: Image, change: Replacement['change']): Promise<Replacement> {
  const { path, content } = change;
  const old = await image.iso.stat(path);
  const [extent, ...more] = old?.extents ?? [];
  if (old === undefined || extent === undefined) throw new Unfit(`/${path} is new`);
  const room = wholeSectors(old.size);
  if (more.length > 0 || sizeOf(content) > room)
    throw new Unfit(`/${path} needs ${sizeOf(content)} bytes, but there is room for ${room}`);
  if (await isShared(image, extent.offset)) throw new Unfit(`the content of /${path} has a second name`);
  return { change, offset: extent.offset, oldSize: old.size };
}

const inPlace = {
  allocate: (): number => {
    throw new Unfit('a folder of the image has to be rewritten');
  },
  manySectors: true,
};

const recordsOf = (changed: readonly ChangedTree[]): Piece[] =>
  changed.flatMap(({ edit }) => piecesOf(edit.sectors));

/** Until the records say the new size, the new content is read from behind the end of the image. */
async function behindTheEnd(image: Image, replaced: readonly Replacement[]): Promise<Patch['detour']> {
  const room = { offset: wholeSectors(image.source.size), length: Number.POSITIVE_INFINITY };
  const behind = allocator(room, '');
  // One sector is written whole or not at all.
  const moved = replaced
    .filter(({ change, oldSize }) => sizeOf(change.content) !== oldSize || oldSize > sectorSize)
    .map(({ change: { path, content } }) => ({ path, content, offset: behind.take(sizeOf(content)) }));
  const changes = moved.map(({ path, content, offset }) => ({
    path,
    extents: [{ offset, length: sizeOf(content) }],
  }));
  return {
    size: Math.max(image.source.size, behind.end()),
    data: moved.map(({ offset, content }) => ({ offset, content })),
    records: recordsOf(await editTrees(image.trees, changes, inPlace)),
  };
}

const isShortMenu = ({ change, oldSize }: Replacement) =>
  change.isMenu === true && oldSize <= sectorSize && sizeOf(change.content) <= sectorSize;

/**
 * A menu of one sector: whatever its size says, empty lines are all that is read too much. The shorter one of the two
 * is filled up with them, and the size changes between the two writes of the sector.
 */
async function asMenu(
  image: Image,
  { change, offset, oldSize }: Replacement,
  records: readonly Piece[],
): Promise<Pick<Patch, 'detour' | 'data'>> {
  const { size } = image.source;
  const { content } = change;
  const bytes = content.kind === 'bytes' ? content.bytes : new Uint8Array();
  const grows = bytes.length > oldSize;
  const padded = grows ? await image.source.read(offset, oldSize) : bytes;
  const lines = Buffer.alloc(Math.max(oldSize, bytes.length), '\n');
  lines.set(padded);
  return grows
    ? { detour: { size, data: [bytesPiece(offset, lines)], records }, data: [bytesPiece(offset, bytes)] }
    : { detour: { size, data: [], records: [] }, data: [bytesPiece(offset, lines)] };
}

/** Whether another name leads to the same content, be it a hard link or what a writer has joined. */
async function isShared({ source, trees }: Image, offset: number): Promise<boolean> {
  for (const { volume } of trees) if ((await namesAt(source, volume, offset, 'the image')) > 1) return true;
  return false;
}
