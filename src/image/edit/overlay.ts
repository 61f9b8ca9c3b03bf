/** What `opsctl image edit` would write into an image, as bytes and their places, without writing any. */
import {
  filledSetting,
  readRoom,
  type SettingName,
  type Settings,
  settingNames,
  swapped,
} from '../../boot/image-settings.ts';
import type { ByteRange } from '../../formats/byte-range.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { espOf, readSettings, type SettingContents } from '../disk.ts';

/** A raw image of ours as far as its settings go: what there is in force, and what lies where others would be written. */
export interface EditableImage {
  readonly current: SettingContents;
  readonly settings: Settings;
  /** Where the EFI system partition begins, in bytes. */
  readonly offset: number;
  /** All of the room for other settings. */
  readonly rooms: SettingContents;
  /** The sector with the records of the files. */
  readonly sector: Uint8Array;
}

/** `path` is what errors call it. Throws OpsError (refused) `image-not-ours` and what `readSettings` does. */
export async function editableImage(disk: ByteSource, path: string): Promise<EditableImage> {
  const esp = await espOf(path, disk);
  const { settings, current } = await readSettings(disk, esp);
  const volume = within(disk, esp.offset, esp.size);
  const room = (name: SettingName) => readRoom(volume, settings.files[name].other);
  const { sector } = settings;
  return {
    ...{ current, settings, offset: esp.offset },
    rooms: { menu: await room('menu'), config: await room('config') },
    sector: await volume.read(sector.offset, sector.length),
  };
}

export interface Placed {
  /** From the beginning of the image, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const pieceSize = 4096;

/**
 * The room with both settings in it, but for what it holds already, and the sector that puts them in force. Throws
 * OpsError (refused) `settings-too-large`. Pure.
 */
export function settingsOverlay(image: EditableImage, contents: SettingContents): Placed[] {
  const { settings, offset, rooms, sector } = image;
  const rest = settingNames.flatMap((name) => {
    const { extents, size } = settings.files[name].other;
    return differing(rooms[name], filledSetting(name, contents[name], size), extents);
  });
  const placed = [...rest, { offset: settings.sector.offset, bytes: swapped(sector, settings) }];
  return placed.map((part) => ({ ...part, offset: offset + part.offset }));
}

/** Pieces of a file that become others, at their places in the volume. */
function differing(before: Uint8Array, after: Uint8Array, extents: readonly ByteRange[]): Placed[] {
  const found: Placed[] = [];
  let done = 0;
  for (const { offset, length } of extents) {
    for (let at = 0; at < length; at += pieceSize) {
      const [from, to] = [done + at, Math.min(done + Math.min(at + pieceSize, length), after.length)];
      const bytes = after.subarray(from, to);
      if (Buffer.compare(before.subarray(from, to), bytes) !== 0) found.push({ offset: offset + at, bytes });
    }
    done += length;
  }
  return found;
}
