/** Lays out changes in one of the ways that leave the rest of the image alone; pure but for reading the image. */
import { refused } from '../../errors.ts';
import { type ByteRange, endOf, type PlacedBytes } from '../../formats/byte-range.ts';
import { sectorSize } from '../../formats/iso9660/bounded-read.ts';
import { firstDescriptor } from '../../formats/iso9660/descriptors.ts';
import {
  changeTree,
  type TreeChange,
  type TreeEdit,
  type TreeOptions,
} from '../../formats/iso9660/edit/change-tree.ts';
import { named, sized } from '../../formats/iso9660/edit/descriptor.ts';
import { backupSize, growingPartitions, growTables } from '../../formats/iso9660/edit/grow-tables.ts';
import { largestPart } from '../../formats/iso9660/edit/new-record.ts';
import type { Tree } from '../../formats/iso9660/tree.ts';
import { type Image, partitionEnd } from '../image.ts';
import {
  bytesPiece,
  type Content,
  type Patch,
  type PatchMethod,
  type Piece,
  pieceRange,
  piecesOf,
  sizeOf,
} from '../pieces.ts';

/** A file of the image as it is to be; without content it is taken away. */
export interface FileChange {
  /** Relative to the root, links resolved. */
  readonly path: string;
  readonly content?: Content;
  /** Or a symbolic link that says this. */
  readonly link?: string;
  readonly executable?: boolean;
  /** Lines to which empty ones at the end make no difference. */
  readonly isMenu?: boolean;
}

export interface Edits {
  readonly files: readonly FileChange[];
  /** Bytes of the image inside of volumes that a UEFI reads; they do not overlap. */
  readonly efi?: readonly PlacedBytes[];
  readonly volumeId?: string;
}

/** Thrown within this folder: this way does not work for these edits, and why. */
export class Unfit extends Error {}

export const wholeSectors = (bytes: number): number => Math.ceil(bytes / sectorSize) * sectorSize;

/** Gives room for one content after the other, each from the start of a sector on. */
export function allocator(room: ByteRange, what: string) {
  let next = room.offset;
  return {
    take: (bytes: number): number => {
      const offset = next;
      next += Math.max(sectorSize, wholeSectors(bytes));
      if (next > endOf(room)) throw new Unfit(`${what} has only ${room.length} bytes`);
      return offset;
    },
    end: () => next,
  };
}

/** Content in room that nothing uses. Throws Unfit. */
export async function inRoom(image: Image, edits: Edits, room: ByteRange): Promise<Patch> {
  const { take } = allocator(room, 'the unused space');
  const trees = image.trees.filter((tree) => reaches(image, tree, room));
  if (trees.length < image.trees.length && (await growingPartitions(image.source)).length > 0)
    throw new Unfit('the unused space is not in the partition that shows the image, which can grow');
  const patch = await placed('padding', image, edits, trees, take);
  const files = (await image.used()).filter(({ what }) => what === 'file' || what === 'folder');
  return reaching(patch, trees, files);
}

/** As far as a block number of 32 bits can say. */
const largestImage = 2 ** 32 * sectorSize;

/** Content behind the end, which moves the second copy of the GPT. */
export async function atEnd(image: Image, edits: Edits): Promise<Patch> {
  const offset = wholeSectors(image.source.size);
  const room = { offset, length: largestImage - offset };
  const { take, end } = allocator(room, 'an ISO');
  // What is at the end stays visible through a partition that grows with the image.
  const growing = new Set(await growingPartitions(image.source));
  const trees = image.trees.filter(
    (tree) => growing.has(tree.volume.form.origin) || reaches(image, tree, room),
  );
  const patch = await placed('append', image, edits, trees, take);
  const newSize = wholeSectors(end() + (await backupSize(image.source)));
  const grown = await growTables(image.source, newSize);
  const { tables, commit } = resized(patch, trees, newSize);
  return {
    ...patch,
    newSize,
    data: [...patch.data, ...piecesOf(grown.backup)],
    tables: [...piecesOf(grown.tables), ...tables],
    commit,
    after: [...patch.after, ...piecesOf(grown.after)],
  };
}

async function placed(
  method: PatchMethod,
  image: Image,
  edits: Edits,
  trees: readonly Tree[],
  take: (bytes: number) => number,
): Promise<Patch> {
  const data: Piece[] = [];
  const changes = edits.files.map(({ path, content, link, executable }): TreeChange => {
    if (content === undefined) return { path, ...(link === undefined ? {} : { link }) };
    const offset = take(sizeOf(content));
    data.push({ offset, content });
    const extents = partsOf({ offset, length: sizeOf(content) });
    return { path, extents, ...(executable === undefined ? {} : { executable }) };
  });
  const changed = await editTrees(trees, changes, { allocate: take });
  return assemble(method, image, edits, changed, data);
}

/** One extent, or parts when it is longer than a size field can say. */
function partsOf({ offset, length }: ByteRange): ByteRange[] {
  const parts: ByteRange[] = [];
  for (let done = 0; done < length || parts.length === 0; done += largestPart)
    parts.push({ offset: offset + done, length: Math.min(largestPart, length - done) });
  return parts;
}

export interface ChangedTree {
  readonly tree: Tree;
  readonly edit: TreeEdit;
}

const noEdit: TreeEdit = { data: [], sectors: [], after: [] };

export async function editTrees(
  trees: readonly Tree[],
  changes: readonly TreeChange[],
  options: TreeOptions,
): Promise<ChangedTree[]> {
  const changed: ChangedTree[] = [];
  for (const tree of trees)
    changed.push({ tree, edit: changes.length === 0 ? noEdit : await changeTree(tree, changes, options) });
  return changed;
}

/** Whether the tree can show what lies in the room; that of a partition which ends before it is given up. */
const reaches = (image: Image, { volume }: Tree, room: ByteRange): boolean =>
  endOf(room) <= partitionEnd(image, volume);

/** The patch of changed trees; those of the image that are not among them are given up. */
export function assemble(
  method: PatchMethod,
  image: Image,
  edits: Edits,
  changed: readonly ChangedTree[],
  data: readonly Piece[],
): Patch {
  const commit = changed.toReversed().flatMap(({ tree: { volume }, edit }) => {
    const plain = edit.descriptor ?? volume.descriptor;
    const descriptor = edits.volumeId === undefined ? plain : named(volume, plain, edits.volumeId);
    return [
      ...(descriptor === volume.descriptor ? [] : [bytesPiece(volume.offset, descriptor)]),
      ...piecesOf(edit.sectors),
    ];
  });
  const kept = changed.map(({ tree }) => tree);
  const givenUp = image.trees.filter((tree) => !kept.includes(tree));
  const retired = [...new Set(givenUp.map(({ volume }) => volume.form.origin))].map((origin) =>
    bytesPiece(origin + firstDescriptor * sectorSize, new Uint8Array(sectorSize)),
  );
  // The volume header and its copy (Apple TN1150): 1024 bytes from either end.
  const hfs = image.hybrid.hfs.flatMap((volume) =>
    [volume.offset + 1024, endOf(volume) - 1024].map((offset) => bytesPiece(offset, new Uint8Array(2))),
  );
  const udf = (image.udf?.marks ?? []).map((offset) => bytesPiece(offset, new Uint8Array(sectorSize)));
  return {
    method,
    oldSize: image.source.size,
    newSize: image.source.size,
    detour: { size: image.source.size, data: [], records: [] },
    data: [...data, ...changed.flatMap(({ edit }) => piecesOf(edit.data))],
    tables: [...retired, ...hfs, ...udf, ...piecesOf(edits.efi ?? [])],
    commit,
    after: changed.flatMap(({ edit }) => piecesOf(edit.after)),
    notes: [
      ...(retired.length === 0 ? [] : [partitionNote]),
      ...(hfs.length === 0 ? [] : [hfsNote]),
      ...(udf.length === 0 ? [] : [udfNote]),
    ],
  };
}

/**
 * The volume name goes with them: a system that looks for it must find the disk, which has it, too, and not a partition
 * with the old files.
 */
const partitionNote =
  'The files and the volume name are no longer visible through the first partition, only through the whole disk: the new content is after the end of the partition.';
const hfsNote =
  'The HFS+ view of the image is turned off: it would show the old files, and a second volume of the same name would keep sticks from booting.';
/** Also for an image that is written anew. */
export const udfNote =
  'The UDF view of the image is turned off: it would show the old files. ISO 9660 shows the same ones.';

/** Volume descriptors that say the new length: those that are written anyway, and the others beforehand. */
function resized(patch: Patch, trees: readonly Tree[], newSize: number): Pick<Patch, 'tables' | 'commit'> {
  const tables = [...patch.tables];
  const commit = [...patch.commit];
  for (const { volume } of trees) {
    const index = commit.findIndex(({ offset }) => offset === volume.offset);
    const piece = commit[index];
    if (piece?.content.kind === 'bytes')
      commit[index] = bytesPiece(volume.offset, sized(volume, piece.content.bytes, newSize));
    else tables.push(bytesPiece(volume.offset, sized(volume, volume.descriptor, newSize)));
  }
  return { tables, commit };
}

/**
 * Some images say that they are shorter than they are, with padding or partitions behind. A volume that gets content
 * there must reach as far: tools refuse what is behind its end, or cut it off. `others` is what lies in it already.
 */
export function reaching(patch: Patch, trees: readonly Tree[], others: readonly ByteRange[] = []): Patch {
  const ends = [...patch.data.map(pieceRange), ...others].map(endOf);
  const end = wholeSectors(ends.reduce((last, next) => Math.max(last, next), 0));
  const short = trees.filter(({ volume: { form, size } }) => form.origin + size < end);
  return { ...patch, ...resized(patch, short, end) };
}

/** Throws `iso-boot-image` (refused): what the boot catalogue points at cannot be replaced by another file. */
export async function refuseBootImages(image: Image, edits: Edits): Promise<void> {
  for (const { path } of edits.files) {
    const old = await image.iso.stat(path);
    const offset = old?.extents[0]?.offset;
    if (offset !== undefined && image.bootImages.includes(offset))
      throw refused('iso-boot-image', `/${path} is what the firmware boots: it cannot be changed in place`, {
        hint: 'Build the image again with the other boot loader.',
      });
  }
}
