/**
 * What of a disk image can be changed afterwards without knowing its state file system: the boot menu and the
 * configuration, in files on the EFI system partition. Each has its content in one file and room for another in a
 * second one, and keeps its size for ever. A change is written to the room; then the records of the files are swapped,
 * all in one sector of their folder, so that a power cut leaves the old settings or the new ones.
 */
import { refused } from '../errors.ts';
import type { ByteRange } from '../formats/byte-range.ts';
import { type ByteSource, joinedRanges } from '../formats/bytes.ts';
import { cached } from '../formats/cached-source.ts';
import { locateFatEntry, locateFatFile } from '../formats/filesystems/fat/file.ts';
import { formatBytes } from '../formats/size.ts';

/** Short names of FAT: each record has 32 bytes, and the four lie in the first sector of their folder. */
export const settingsFolder = 'EFI/BOS';
export const settingsNames = {
  menu: { current: 'MENU.CFG', other: 'MENU.OLD' },
  config: { current: 'CONFIG.YML', other: 'CONFIG.OLD' },
} as const;
export type SettingName = keyof typeof settingsNames;
export const settingNames = ['menu', 'config'] as const satisfies readonly SettingName[];

const menuRoom = 16 * 1024;
const configRoom = 256 * 1024;
/** Of the volume that an image is made with: a file takes whole ones. */
const clusterSize = 4096;

/** No byte of UTF-8, so that what a configuration ends with is kept exactly. */
const configFill = 0xff;
/** GRUB reads it as a comment. */
const menuFill = '#'.charCodeAt(0);
const newline = 0x0a;

/** Bytes that a setting takes: as much as there is room for, for as long as the image lives. */
export const settingRoom = (name: SettingName, contentSize: number): number =>
  name === 'menu' ? menuRoom : Math.max(configRoom, Math.ceil((2 * contentSize) / clusterSize) * clusterSize);

/** Whether so many bytes have room. */
export const fitsSetting = (name: SettingName, contentSize: number, room: number): boolean =>
  contentSize + (name === 'menu' ? 2 : 0) <= room;

/** Throws `settings-too-large` (refused) for more bytes than there is room for. */
export function requireSettingRoom(name: SettingName, contentSize: number, room: number): void {
  if (fitsSetting(name, contentSize, room)) return;
  const what = name === 'menu' ? 'boot menu' : 'configuration';
  throw refused(
    'settings-too-large',
    `The ${what} has ${formatBytes(contentSize)}, but the image has room for ${formatBytes(room)}`,
    { hint: 'Make a new image with it: `opsctl image create`.' },
  );
}

/** `content` with all of its room filled up. Throws as `requireSettingRoom`. */
export function filledSetting(name: SettingName, content: Uint8Array, room: number): Uint8Array {
  requireSettingRoom(name, content.length, room);
  const bytes = new Uint8Array(room).fill(name === 'menu' ? menuFill : configFill);
  bytes.set(content);
  if (name === 'menu') {
    bytes[content.length] = newline;
    bytes[room - 1] = newline;
  }
  return bytes;
}

/** What was put in; empty for room that holds nothing. */
export function settingContent(name: SettingName, filled: Uint8Array): Uint8Array {
  if (name === 'config') {
    let end = filled.length;
    while (end > 0 && filled[end - 1] === configFill) end -= 1;
    return filled.subarray(0, end);
  }
  let end = filled.length - 1;
  while (end > 0 && filled[end - 1] === menuFill) end -= 1;
  return filled.subarray(0, Math.max(0, end - 1));
}

export interface Settings {
  /** The sector that all records lie in, in the volume. */
  readonly sector: ByteRange;
  readonly files: Readonly<Record<SettingName, SettingFiles>>;
}

export interface SettingFiles {
  readonly current: SettingFile;
  readonly other: SettingFile;
}

export interface SettingFile {
  /** Of the record, from the beginning of the sector. */
  readonly record: number;
  /** In file order. */
  readonly extents: readonly ByteRange[];
  /** Bytes. */
  readonly size: number;
}

/**
 * Where they lie in the FAT volume that begins at byte 0; undefined when the volume has none. Throws `fat-invalid`,
 * `settings-damaged` (refused).
 */
export async function locateSettings(given: ByteSource): Promise<Settings | undefined> {
  // Each name is looked for by itself, in the same folders.
  const volume = cached(given);
  const found = new Map<string, { at: number; sectorSize: number; file: Omit<SettingFile, 'record'> }>();
  for (const name of Object.values(settingsNames).flatMap(({ current, other }) => [current, other])) {
    const path = `${settingsFolder}/${name}`;
    const entry = await locateFatEntry(volume, path);
    const file = await locateFatFile(volume, path);
    if (entry !== undefined && file !== undefined)
      found.set(name, { at: entry.at, sectorSize: entry.sectorSize, file });
  }
  const [first] = found.values();
  if (first === undefined) return undefined;
  const { sectorSize } = first;
  const offset = first.at - (first.at % sectorSize);
  const fileOf = (name: string): SettingFile => {
    const { at = -1, file } = found.get(name) ?? {};
    if (file === undefined || at < offset || at >= offset + sectorSize)
      throw damaged(`${name} is not where it was made`);
    return { ...file, record: at - offset };
  };
  const pairOf = (name: SettingName): SettingFiles => {
    const { current, other } = settingsNames[name];
    const pair = { current: fileOf(current), other: fileOf(other) };
    if (pair.current.size !== pair.other.size) throw damaged(`${current} and ${other} differ in size`);
    return pair;
  };
  return {
    sector: { offset, length: sectorSize },
    files: { menu: pairOf('menu'), config: pairOf('config') },
  };
}

const damaged = (what: string) =>
  refused('settings-damaged', `The settings of the image are damaged: ${what}`, {
    hint: 'Make the image again: `opsctl image create`.',
  });

/** All of a room, with what fills it up. */
export function readRoom(volume: ByteSource, { extents, size }: SettingFile): Promise<Uint8Array> {
  return joinedRanges(volume, extents).read(0, size);
}

/** What is in it; empty for room that holds nothing. */
export const readSetting = async (
  volume: ByteSource,
  name: SettingName,
  file: SettingFile,
): Promise<Uint8Array> => settingContent(name, await readRoom(volume, file));

/** Microsoft, "FAT32 File System Specification" 1.03, page 23: the two halves of the first cluster. */
const firstCluster = [
  [20, 22],
  [26, 28],
] as const;

/** The sector of the folder with the files of some settings swapped; again, and they are as they were. */
export function swapped(
  sector: Uint8Array,
  { files }: Settings,
  names: readonly SettingName[] = settingNames,
): Uint8Array {
  const bytes = Uint8Array.from(sector);
  for (const name of names) {
    const { current, other } = files[name];
    for (const [from, to] of firstCluster) {
      bytes.set(sector.subarray(other.record + from, other.record + to), current.record + from);
      bytes.set(sector.subarray(current.record + from, current.record + to), other.record + from);
    }
  }
  return bytes;
}
