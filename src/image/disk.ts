/** A disk image of ours, opened: its partitions, and what on them is read without a driver for the state file system. */
import { locateSettings, type SettingName, type Settings, settingContent } from '../boot/image-settings.ts';
import { espLabel } from '../disk/layout/layout.ts';
import { refused } from '../errors.ts';
import { type ByteSource, joinedRanges, within } from '../formats/bytes.ts';
import { decodeGpt } from '../formats/partition-tables/gpt-decode.ts';
import type { Host } from '../host/ports.ts';
import { whyNamed } from '../host/system-error.ts';
import type { BlockTarget } from '../plan/block-target.ts';

const sectorSize = 512;

/** The EFI system partition of a disk of ours. Throws `image-not-ours` (refused). */
export async function espOf(path: string, disk: ByteSource): Promise<Required<BlockTarget>> {
  const gpt = await decodeGpt(disk, sectorSize);
  const esp = gpt?.table.partitions.find(({ name }) => name === espLabel);
  if (esp === undefined)
    throw refused('image-not-ours', `${path} is not a disk image of Bhojpur OS`, {
      hint: '`opsctl image inspect` says what it is; `opsctl image create` makes images that can be changed.',
    });
  return {
    path,
    offset: esp.firstLba * sectorSize,
    size: (esp.lastLba - esp.firstLba + 1) * sectorSize,
  };
}

export type SettingContents = Readonly<Record<SettingName, Uint8Array>>;

export interface ReadSettings {
  readonly settings: Settings;
  readonly current: SettingContents;
  /** Those before the last change; empty ones when there was none. */
  readonly before: SettingContents;
}

/** The settings in an image. Throws `settings-missing`, `settings-damaged`, `fat-invalid` (refused). */
export async function readSettings(disk: ByteSource, esp: Required<BlockTarget>): Promise<ReadSettings> {
  const volume = within(disk, esp.offset, esp.size);
  const settings = await locateSettings(volume);
  if (settings === undefined)
    throw refused('settings-missing', `${esp.path} has no settings that can be changed`, {
      hint: 'Only images of `opsctl image create` have them.',
    });
  const contents = async (which: 'current' | 'other'): Promise<SettingContents> => {
    const content = async (name: SettingName) => {
      const { extents, size } = settings.files[name][which];
      return settingContent(name, await joinedRanges(volume, extents).read(0, size));
    };
    return { menu: await content('menu'), config: await content('config') };
  };
  return { settings, current: await contents('current'), before: await contents('other') };
}

/** Opens an image for `use` and closes it. Throws `image-unreadable`, `image-read-only` (refused). */
export async function withDisk<T>(
  host: Host,
  path: string,
  flags: 'r' | 'r+',
  use: (disk: Awaited<ReturnType<Host['files']['open']>>) => Promise<T>,
): Promise<T> {
  const file = await host.files.open(path, flags).catch((cause: unknown) => {
    throw refused(
      flags === 'r' ? 'image-unreadable' : 'image-read-only',
      `${path} cannot be ${flags === 'r' ? 'read' : 'written'}: ${whyNamed(cause)}`,
      { cause, hint: 'Check the path and its permissions.' },
    );
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
