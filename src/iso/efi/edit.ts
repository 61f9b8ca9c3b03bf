/** Kernel arguments in what a UEFI starts from FAT volumes inside of an image: the bytes of the image that change. */
import { type ArgumentEdit, editArguments } from '../../boot/menus/menu-edit.ts';
import type { MenuEntry } from '../../boot/menus/menus.ts';
import { joined, type PlacedBytes, rangeOf } from '../../formats/byte-range.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { changedFatFile, missingRoom } from '../../formats/filesystems/fat/edit.ts';
import { locateFatFile, readFatFile } from '../../formats/filesystems/fat/file.ts';
import { overlaid } from '../edit/overlay.ts';
import { type LoaderMenu, loaderMenus } from '../inspect/loader-menus.ts';
import { piecesOf } from '../pieces.ts';
import { type EfiPlace, mediaText } from './places.ts';

export interface EfiEdit {
  /** Of the image; they do not overlap. */
  readonly pieces: readonly PlacedBytes[];
  /** Kernel lines that were changed. */
  readonly lines: number;
  readonly found: ReadonlyMap<string, number>;
  /** What starts without the change, on which media, and why. */
  readonly notes: readonly string[];
}

export interface EfiRequest {
  readonly edit: ArgumentEdit;
  readonly chosen: ((entry: MenuEntry) => boolean) | undefined;
}

/** Throws as editArguments does. */
export async function editedEfi(
  source: ByteSource,
  places: readonly EfiPlace[],
  { edit, chosen }: EfiRequest,
): Promise<EfiEdit> {
  const menus = await loaderMenus(
    source,
    places.map(({ offset }) => offset),
  );
  const pieces: PlacedBytes[] = [];
  const found = new Map<string, number>();
  const notes: string[] = [];
  let lines = 0;
  const now = () => overlaid(source, piecesOf(pieces), source.size, noFiles);
  for (const menu of menus) {
    const result = editArguments(menu.loader, menu.bytes, edit, { chosen });
    for (const [word, count] of result.found) found.set(word, (found.get(word) ?? 0) + count);
    if (result.lines === 0) continue;
    const changed = await piecesFor(within(now(), menu.volume), menu, result.bytes);
    if (typeof changed === 'string') notes.push(noteFor(menu, places, changed));
    else {
      lines += result.lines;
      pieces.push(...changed.map(({ offset, bytes }) => ({ offset: menu.volume + offset, bytes })));
    }
  }
  const after = now();
  const merged: PlacedBytes[] = [];
  for (const { offset, length } of joined(pieces.map(rangeOf)))
    merged.push({ offset, bytes: Uint8Array.from(await after.read(offset, length)) });
  return { pieces: merged, lines, found, notes };
}

/** Of the volume; or why it cannot be. */
async function piecesFor(
  volume: ByteSource,
  { path, unified, volume: offset, bytes }: LoaderMenu,
  content: Uint8Array,
): Promise<readonly PlacedBytes[] | string> {
  if (unified?.signed) return 'it is signed, and a change would break its signature';
  const pieces =
    unified === undefined
      ? await changedFatFile(volume, path, content)
      : await inFile(volume, path, unified.withCommandLine(content));
  if (pieces === undefined)
    return unified === undefined
      ? withoutRoom(offset, await missingRoom(volume, path, content))
      : `it has no room for the change: its command line has ${bytes.length} bytes, and ${content.length} would be too many; write shorter arguments, or remove some with --delete-karg`;
  if (unified === undefined) {
    const after = await readFatFile(overlaid(volume, piecesOf(pieces), volume.size, noFiles), path);
    if (after === undefined || Buffer.compare(after, content) !== 0)
      return 'the volume cannot be changed safely';
  }
  return pieces;
}

/** mtools(1) takes a volume inside of a file by its offset. */
const withoutRoom = (offset: number, room: Awaited<ReturnType<typeof missingRoom>>): string =>
  room === undefined
    ? 'the volume cannot be changed safely'
    : `it has no room for the change: it needs ${room.needed} bytes more and has ${room.free} free; ` +
      `see its files with \`mdir -/ -i ISO@@${offset} ::\`, remove what is not needed with ` +
      `\`mdel -i ISO@@${offset} ::/FILE\`, and run the command again`;

/** Pieces of a file as pieces of its volume. */
async function inFile(
  volume: ByteSource,
  path: string,
  pieces: readonly PlacedBytes[] | undefined,
): Promise<PlacedBytes[] | undefined> {
  const file = await locateFatFile(volume, path);
  if (file === undefined || pieces === undefined) return undefined;
  const placed: PlacedBytes[] = [];
  let start = 0;
  for (const { offset, length } of file.extents) {
    for (const piece of pieces) {
      const from = Math.max(piece.offset, start);
      const to = Math.min(piece.offset + piece.bytes.length, start + length);
      if (from < to)
        placed.push({
          offset: offset + from - start,
          bytes: piece.bytes.subarray(from - piece.offset, to - piece.offset),
        });
    }
    start += length;
  }
  return placed;
}

function noteFor({ volume, path, unified }: LoaderMenu, places: readonly EfiPlace[], why: string): string {
  const place = places.find(({ offset }) => offset === volume);
  const what = unified === undefined ? `the menu /${path}` : `the unified kernel /${path}`;
  return `UEFI starts ${what} in its boot image without this change, from ${mediaText(place ?? { media: [] })}: ${why}.`;
}

const noFiles = (): never => {
  throw new Error('these pieces are bytes');
};
