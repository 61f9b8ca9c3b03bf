/**
 * Puts the settings of a disk image on its EFI system partition, with room for others, and reads them back: the menu,
 * and the configuration until the first boot moves it to the state file system.
 */
import { z } from 'zod';
import {
  filledSetting,
  locateSettings,
  settingNames,
  settingRoom,
  settingsFolder,
  settingsNames,
} from '../../boot/image-settings.ts';
import { addedToFat } from '../../formats/filesystems/fat/add.ts';
import { readFatFile } from '../../formats/filesystems/fat/file.ts';
import { nameOf } from '../../plan/block-target.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { byteCount, contentSchema } from '../support/content/content-schema.ts';
import { readBackError, withDevice, writePieces } from '../support/devices.ts';
import { timeOf } from '../support/fat-time.ts';

export const writeSettingsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-settings'),
  /** Its folder for them exists. */
  partition: z.string(),
  menu: contentSchema,
  config: contentSchema,
  /** When the files were made, in seconds since 1970; now when left out. */
  time: byteCount.optional(),
});
export type WriteSettings = z.infer<typeof writeSettingsSchema>;

export const writeSettings: Handler<WriteSettings> = {
  describe: () => 'Write the boot menu and the configuration where they can be changed',
  destructive: false,
  async preflight(step, context) {
    for (const name of settingNames) await checkContent(step[name], context);
  },
  async run(step, context) {
    await withDevice(context, context.block(step.partition), 'r+', async (device) => {
      const { contents, records } = await addedToFat(
        device,
        await filesOf(step, context),
        timeOf(step, context),
      );
      await writePieces(device, [...contents, ...records]);
      await device.sync();
    });
  },
  async verify(step, context) {
    const target = context.block(step.partition);
    await withDevice(context, target, 'r', async (device) => {
      await device.dropCache();
      for (const { path, bytes } of await filesOf(step, context)) {
        const found = await readFatFile(device, path);
        if (found === undefined || Buffer.compare(found, bytes) !== 0)
          throw readBackError(`${path} on ${nameOf(target)}`);
      }
      // And where a change can swap them.
      if ((await locateSettings(device)) === undefined)
        throw readBackError(`${settingsFolder} on ${nameOf(target)}`);
    });
  },
  undo: { kind: 'none' },
};

/** What is in force first: GRUB and the initrd find it soonest. */
async function filesOf(step: WriteSettings, context: StepContext) {
  const files: { path: string; bytes: Uint8Array }[] = [];
  for (const name of settingNames) {
    const content = await readContent(step[name], context);
    const room = settingRoom(name, content.length);
    const { current, other } = settingsNames[name];
    for (const [file, bytes] of [
      [current, content],
      [other, new Uint8Array()],
    ] as const)
      files.push({ path: `${settingsFolder}/${file}`, bytes: filledSetting(name, bytes, room) });
  }
  return files;
}
