/**
 * Changes the settings of a finished disk image in place. They are written to the room beside those in force and read
 * back from the disk; then one sector puts them in force. What was in force before stays, for an undo.
 */
import {
  filledSetting,
  locateSettings,
  readRoom,
  requireSettingRoom,
  type SettingName,
  type Settings,
  settingNames,
  swapped,
} from '../../boot/image-settings.ts';
import { refused } from '../../errors.ts';
import type { ByteRange } from '../../formats/byte-range.ts';
import type { OpenFile } from '../../host/ports.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import type { Content } from '../support/content/content-schema.ts';
import { readBackError, withDevice } from '../support/devices.ts';
import type { EditSettings } from './edit-settings-schema.ts';

export const editSettings: Handler<EditSettings> = {
  describe: () =>
    'Write the boot menu and the configuration beside the old ones, then put both in force with one sector',
  destructive: false,
  async preflight(step, context) {
    await withDevice(context, context.block(step.partition), 'r', async (device) => {
      const { files } = await located(device);
      for (const name of settingNames) {
        await checkContent(step.settings[name], context);
        requireSettingRoom(name, sizeOf(step.settings[name]), files[name].other.size);
      }
    });
  },
  async run(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r+', async (device) => {
      const settings = await located(device);
      const contents = new Map<SettingName, Uint8Array>();
      for (const name of settingNames) {
        const content = await readContent(step.settings[name], context);
        contents.set(name, filledSetting(name, content, settings.files[name].other.size));
      }
      for (const [name, bytes] of contents) await fill(device, settings.files[name].other.extents, bytes);
      await device.sync();
      // Once for both: each time starts a program.
      await device.dropCache();
      for (const [name, bytes] of contents)
        if (Buffer.compare(await readRoom(device, settings.files[name].other), bytes) !== 0)
          throw readBackError(`${name} on ${nameOf(target)}`);
      const { offset, length } = settings.sector;
      const sector = await device.read(offset, length);
      await device.write(offset, swapped(sector, settings));
      await device.sync();
    });
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (device) => {
      await device.dropCache();
      const { files } = await located(device);
      for (const name of settingNames) {
        const { current } = files[name];
        const wanted = filledSetting(name, await readContent(step.settings[name], context), current.size);
        if (Buffer.compare(await readRoom(device, current), wanted) !== 0)
          throw readBackError(`${name} on ${nameOf(target)}`);
      }
    });
  },
  undo: { kind: 'none' },
};

const sizeOf = (content: Content): number =>
  content.from === 'text' ? Buffer.byteLength(content.text) : content.size;

async function located(device: OpenFile): Promise<Settings> {
  const settings = await locateSettings(device);
  if (settings !== undefined) return settings;
  throw refused('settings-missing', 'The image has no settings that can be changed', {
    hint: 'Only images of `opsctl image create` have them.',
  });
}

const pieceSize = 4096;
const readSize = 16 * pieceSize;

/** Writes only the pieces that differ: what fills the room up is there already. */
async function fill(device: OpenFile, extents: readonly ByteRange[], wanted: Uint8Array): Promise<void> {
  let done = 0;
  for (const { offset, length } of extents) {
    for (let at = 0; at < length; at += readSize) {
      const found = await device.read(offset + at, Math.min(readSize, length - at));
      for (let piece = 0; piece < found.length; piece += pieceSize) {
        const start = done + at + piece;
        const bytes = wanted.subarray(start, Math.min(start + pieceSize, done + length));
        if (Buffer.compare(found.subarray(piece, piece + bytes.length), bytes) === 0) continue;
        await device.write(offset + at + piece, bytes);
      }
    }
    done += length;
  }
}
