/**
 * Content where the old content lies. Two writes are needed then, of the content and of its size, and a reader must see
 * something whole between them.
 */
import type { TreeChange } from '../../formats/iso-edit/change-tree.ts';
import { namesAt } from '../../formats/iso9660/names.ts';
import type { Image } from '../image.ts';
import { bytesPiece, type Content, type Patch, type Piece, sizeOf } from '../pieces.ts';
import {
  allocator,
  assemble,
  blockSize,
  type Edits,
  editTrees,
  type FileChange,
  Unfit,
  type VolumeEdit,
} from './patch-plan.ts';

interface Place {
  readonly change: FileChange & { readonly content: Content };
  readonly offset: number;
  readonly oldSize: number;
}

/** Throws Unfit. */
export async function inSameRoom(image: Image, edits: Edits): Promise<Patch> {
  const places: Place[] = [];
  const changes: TreeChange[] = [];
  for (const change of edits.files) {
    const { path, content, link } = change;
    if (content === undefined) {
      changes.push({ path, ...(link === undefined ? {} : { link }) });
      continue;
    }
    const place = await placeOf(image, { ...change, content });
    places.push(place);
    changes.push({ path, extents: [{ block: place.offset / blockSize, size: sizeOf(content) }] });
  }
  const edit = await editTrees(image, image.volumes, changes, inPlace);
  const patch = assemble('same-room', image, image.volumes, edits, edit, {});
  const [only] = places;
  if (only !== undefined && edits.files.length === 1 && isShortMenu(only))
    return { ...patch, ...(await asMenu(image, only, recordsOf(edit))) };
  const data = places.map(({ offset, change }) => ({ offset, content: change.content }));
  return { ...patch, detour: await behindTheEnd(image, places), data };
}

async function placeOf(image: Image, change: Place['change']): Promise<Place> {
  const { path, content } = change;
  const old = await image.iso.stat(path);
  const [extent, ...more] = old?.extents ?? [];
  if (old === undefined || extent === undefined) throw new Unfit(`/${path} is new`);
  const room = Math.ceil(old.size / blockSize) * blockSize;
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

const recordsOf = (edits: readonly VolumeEdit[]): Piece[] =>
  edits.flatMap(({ tree }) => tree.sectors.map(({ offset, bytes }) => bytesPiece(offset, bytes)));

/** Until the records say the new size, the new content is read from behind the end of the image. */
async function behindTheEnd(image: Image, places: readonly Place[]): Promise<Patch['detour']> {
  const end = Math.ceil(image.source.size / blockSize);
  const behind = allocator({ start: end, end: Number.POSITIVE_INFINITY }, '');
  // One sector is written whole or not at all.
  const moved = places
    .filter(({ change, oldSize }) => sizeOf(change.content) !== oldSize || oldSize > blockSize)
    .map(({ change: { path, content } }) => ({ path, content, block: behind.take(sizeOf(content)) }));
  const changes = moved.map(({ path, content, block }) => ({
    path,
    extents: [{ block, size: sizeOf(content) }],
  }));
  return {
    size: Math.max(image.source.size, behind.end() * blockSize),
    data: moved.map(({ block, content }) => ({ offset: block * blockSize, content })),
    records: recordsOf(await editTrees(image, image.volumes, changes, inPlace)),
  };
}

const isShortMenu = ({ change, oldSize }: Place) =>
  change.isMenu === true && oldSize <= blockSize && sizeOf(change.content) <= blockSize;

/**
 * A menu of one sector: whatever its size says, empty lines are all that is read too much. The shorter one of the two
 * is filled up with them, and the size changes between the two writes of the sector.
 */
async function asMenu(
  image: Image,
  { change, offset, oldSize }: Place,
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
  for (const volume of trees) if ((await namesAt(source, volume, offset, 'the image')) > 1) return true;
  return false;
}
