/** Lays out changes in one of the ways that leave the rest of the image alone; pure but for reading the image. */
import { refused } from '../../errors.ts';
import {
  changeTree,
  type TreeChange,
  type TreeEdit,
  type TreeOptions,
} from '../../formats/iso-edit/change-tree.ts';
import { backupSize, growTables } from '../../formats/iso-edit/grow-tables.ts';
import { named, sized } from '../../formats/iso-edit/move-folders.ts';
import { largestPart } from '../../formats/iso-edit/new-record.ts';
import type { Extent } from '../../formats/iso-edit/record.ts';
import type { Volume } from '../../formats/iso-edit/volume.ts';
import type { Region } from '../../formats/partition-tables/gpt.ts';
import { endOf, type Image } from '../image.ts';
import { bytesPiece, type Content, type Patch, type PatchMethod, type Piece, sizeOf } from '../pieces.ts';
import type { Room } from './free-room.ts';

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
  readonly volumeId?: string;
}

/** Thrown within this folder: this way does not work for these edits, and why. */
export class Unfit extends Error {}

export const blockSize = 2048;
const blocksOf = (bytes: number) => Math.max(1, Math.ceil(bytes / blockSize));

/** Gives blocks of a room one after the other. */
export function allocator(room: Room, what: string) {
  let next = room.start;
  return {
    take: (bytes: number): number => {
      const at = next;
      next += blocksOf(bytes);
      if (next > room.end) throw new Unfit(`${what} has only ${(room.end - room.start) * blockSize} bytes`);
      return at;
    },
    end: () => next,
  };
}

/** Content in room that nothing uses. Throws Unfit. */
export async function inRoom(image: Image, edits: Edits, room: Room): Promise<Patch> {
  const { take } = allocator(room, 'the unused space');
  return placed('padding', image, edits, room, take);
}

/** Content behind the end, which moves the second copy of the GPT. */
export async function atEnd(image: Image, edits: Edits): Promise<Patch> {
  const start = Math.ceil(image.source.size / blockSize);
  const room = { start, end: 2 ** 32 };
  const { take, end } = allocator(room, 'an ISO');
  const patch = await placed('append', image, edits, room, take);
  const newSize = Math.ceil((end() * blockSize + (await backupSize(image.source))) / blockSize) * blockSize;
  const grown = await growTables(image.source, newSize);
  const { tables, commit } = resized(patch, keptVolumes(image, room), newSize);
  const pieces = (regions: readonly Region[]) =>
    regions.map(({ offset, bytes }) => bytesPiece(offset, bytes));
  return {
    ...patch,
    newSize,
    data: [...patch.data, ...pieces(grown.backup)],
    tables: [...pieces(grown.tables), ...tables],
    commit,
    after: [...patch.after, ...pieces(grown.after)],
  };
}

async function placed(
  method: PatchMethod,
  image: Image,
  edits: Edits,
  room: Room,
  take: (bytes: number) => number,
): Promise<Patch> {
  const data: Piece[] = [];
  const changes = edits.files.map(({ path, content, link, executable }): TreeChange => {
    if (content === undefined) return { path, ...(link === undefined ? {} : { link }) };
    const extents = extentsOf(take(sizeOf(content)), sizeOf(content));
    data.push({ offset: (extents[0]?.block ?? 0) * blockSize, content });
    return { path, extents, ...(executable === undefined ? {} : { executable }) };
  });
  const volumes = keptVolumes(image, room);
  const trees = await editTrees(image, volumes, changes, { allocate: take });
  return assemble(method, image, volumes, edits, trees, { data });
}

/** One extent, or parts when it is longer than a size field can say. */
function extentsOf(block: number, size: number): Extent[] {
  const extents: Extent[] = [];
  for (let done = 0; done < size || extents.length === 0; done += largestPart)
    extents.push({ block: block + done / blockSize, size: Math.min(largestPart, size - done) });
  return extents;
}

export interface VolumeEdit {
  readonly volume: Volume;
  readonly tree: TreeEdit;
}

export async function editTrees(
  image: Image,
  volumes: readonly Volume[],
  changes: readonly TreeChange[],
  options: TreeOptions,
): Promise<VolumeEdit[]> {
  const edits: VolumeEdit[] = [];
  for (const volume of volumes)
    edits.push({
      volume,
      tree:
        changes.length === 0
          ? { data: [], sectors: [], after: [] }
          : await changeTree(image.source, volume, changes, options),
    });
  return edits;
}

/** Trees of partitions that cannot reach the room are given up. */
function keptVolumes(image: Image, room: Room): readonly Volume[] {
  return image.volumes.filter((volume) => room.end * blockSize <= endOf(image, volume));
}

export function assemble(
  method: PatchMethod,
  image: Image,
  kept: readonly Volume[],
  edits: Edits,
  trees: readonly VolumeEdit[],
  more: { readonly data?: readonly Piece[] },
): Patch {
  const commit = trees.toReversed().flatMap(({ volume, tree }) => {
    const plain = tree.descriptor ?? volume.descriptor;
    const descriptor = edits.volumeId === undefined ? plain : named(volume, plain, edits.volumeId);
    return [
      ...(descriptor === volume.descriptor ? [] : [bytesPiece(volume.at, descriptor)]),
      ...tree.sectors.map(({ offset, bytes }) => bytesPiece(offset, bytes)),
    ];
  });
  const given = image.volumes.filter((volume) => !kept.includes(volume));
  const retired = [...new Set(given.map(({ base }) => base))].map((base) =>
    bytesPiece((base + 16) * blockSize, new Uint8Array(blockSize)),
  );
  // The volume header and its copy (Apple TN1150): 1024 bytes from either end.
  const hfs = image.hybrid.hfs.flatMap(({ offset, size }) =>
    [offset + 1024, offset + size - 1024].map((at) => bytesPiece(at, new Uint8Array(2))),
  );
  return {
    method,
    oldSize: image.source.size,
    newSize: image.source.size,
    detour: { size: image.source.size, data: [], records: [] },
    data: [
      ...(more.data ?? []),
      ...trees.flatMap(({ tree }) => tree.data.map(({ offset, bytes }) => bytesPiece(offset, bytes))),
    ],
    tables: [...retired, ...hfs],
    commit,
    after: trees.flatMap(({ tree }) => tree.after.map(({ offset, bytes }) => bytesPiece(offset, bytes))),
    notes: [
      ...(retired.length === 0
        ? []
        : [
            'The files are no longer visible through the first partition, only through the whole disk: the new content is after the end of the partition.',
          ]),
      ...(hfs.length === 0
        ? []
        : [
            'The HFS+ view of the image is turned off: it would show the old files, and a second volume of the same name would keep sticks from booting.',
          ]),
    ],
  };
}

/** Volume descriptors that say the new length: those that are written anyway, and the others beforehand. */
function resized(
  patch: Patch,
  volumes: readonly Volume[],
  newSize: number,
): Pick<Patch, 'tables' | 'commit'> {
  const blocks = newSize / blockSize;
  const tables = [...patch.tables];
  const commit = [...patch.commit];
  for (const volume of volumes) {
    const index = commit.findIndex(({ offset }) => offset === volume.at);
    const piece = commit[index];
    if (piece?.content.kind === 'bytes')
      commit[index] = bytesPiece(volume.at, sized(volume, piece.content.bytes, blocks));
    else tables.push(bytesPiece(volume.at, sized(volume, volume.descriptor, blocks)));
  }
  return { tables, commit };
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
