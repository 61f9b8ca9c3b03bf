/** A disk image of ours, opened: its partitions, and what on them is read without a driver for the state file system. */
import { locateSettings, readSetting, type SettingName, type Settings } from '../boot/image-settings.ts';
import { espLabel } from '../disk/layout/layout.ts';
import { errorCode, refused } from '../errors.ts';
import { type ByteSource, within } from '../formats/bytes.ts';
import { isQcow2 } from '../formats/disk-images/qcow2-header.ts';
import { openQcow2 } from '../formats/disk-images/qcow2-reader.ts';
import { decodeGpt } from '../formats/partition-tables/gpt-decode.ts';
import type { Host, OpenFile } from '../host/ports.ts';
import { cannotRead, whyNamed } from '../host/system-error.ts';
import type { BlockTarget } from '../plan/block-target.ts';
import { virtualDisk } from './virtual-disk.ts';

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
    const content = (name: SettingName) => readSetting(volume, name, settings.files[name][which]);
    return { menu: await content('menu'), config: await content('config') };
  };
  return { settings, current: await contents('current'), before: await contents('other') };
}

/** Opens the file of an image for `use` and closes it. Throws `image-unreadable`, `image-read-only` (refused). */
export async function withImageFile<T>(
  host: Host,
  path: string,
  flags: 'r' | 'r+',
  use: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await host.files.open(path, flags).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') throw cannotRead('image-unreadable', path, cause);
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

/**
 * The same with the disk in it, raw or qcow2. Throws what opening a qcow2 image does, and for one of another kind
 * `image-packed` (refused).
 */
export const withDisk = <T>(
  host: Host,
  path: string,
  flags: 'r' | 'r+',
  use: (disk: OpenFile) => Promise<T>,
): Promise<T> =>
  withImageFile(host, path, flags, async (file) => use(await diskIn(file, path, flags === 'r+')));

/** A host for which the file at `path` is the disk in it: what steps write blocks to. */
export const withDiskAt = (host: Host, path: string): Host => ({
  ...host,
  files: Object.assign(Object.create(host.files), {
    open: async (opened: string, flags: 'r' | 'r+' | 'w') => {
      const file = await host.files.open(opened, flags);
      if (opened !== path) return file;
      return diskIn(file, path, flags !== 'r').catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
    },
  }),
});

async function diskIn(file: OpenFile, path: string, writes: boolean): Promise<OpenFile> {
  if (isQcow2(await file.read(0, 512))) return qcow2File(file, path, writes);
  const { format } = await virtualDisk(file, path);
  if (format === 'raw') return file;
  throw refused('image-packed', `${path} is a ${format} image`, {
    hint: `Make a raw image of it with \`qemu-img convert -O raw ${path} disk.img\`.`,
  });
}

/** Clusters that hold the bytes already are written in place; nothing else of the image changes. */
async function qcow2File(file: OpenFile, path: string, writes: boolean): Promise<OpenFile> {
  const disk = await openQcow2(file, writes ? 'write' : 'read');
  return {
    size: disk.size,
    read: (offset, length) => disk.read(offset, length),
    readInto: async (offset, target) => {
      const bytes = await disk.read(offset, target.length);
      target.set(bytes);
      return bytes.length;
    },
    write: async (offset, data) => {
      const places = await disk.locate({ offset, length: data.length });
      if (places === undefined)
        throw refused(
          'image-not-in-place',
          `${path} cannot be changed in place: what changes is packed or shared`,
          {
            hint: `Make a plain image of it with \`qemu-img convert -O qcow2 ${path} other.qcow2\`.`,
          },
        );
      let done = 0;
      for (const { offset: at, length } of places) {
        await file.write(at, data.subarray(done, done + length));
        done += length;
      }
    },
    sync: () => file.sync(),
    dropCache: () => file.dropCache(),
    close: () => file.close(),
  };
}
