/**
 * The configuration of a disk image lies on its EFI system partition until the first boot moves it to the state file
 * system, where only root reads it. At each moment one of the two is whole: it is erased on the partition when the
 * state has it. Whatever fails is tried again by the next boot; until then the copy that the initrd took is in force.
 */
import { join } from 'node:path';
import {
  filledSetting,
  locateSettings,
  type SettingFile,
  type SettingName,
  swapped,
} from '../../boot/image-settings.ts';
import { pendingConfigPath, pendingSettingsFolder, systemConfigPath } from '../../config/sources/sources.ts';
import { OpsError } from '../../errors.ts';
import { joinedRanges } from '../../formats/bytes.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { statePath } from './state-mount.ts';

/** The initrd has found some on the partition. */
export const hasSettings = (host: Host, root: string): Promise<boolean> =>
  host.files.exists(join(root, pendingSettingsFolder));

/** `esp` is the device that they are on. Throws what has failed. */
export async function moveSettings(host: Host, root: string, esp: string): Promise<void> {
  const { files, processes } = host;
  const pending = join(root, pendingConfigPath);
  if (await files.exists(pending)) {
    await processes.run('mount', ['-o', 'remount,rw', join(root, statePath)]);
    const bytes = await files.read(pending);
    await files.writeAtomic(join(root, statePath, systemConfigPath), bytes, { mode: 0o600 });
  }
  const volume = await files.open(join(root, esp), 'r+');
  try {
    await erase(volume);
  } finally {
    await volume.close();
  }
  await files.remove(join(root, pendingSettingsFolder));
}

/**
 * A configuration that is half erased must never be taken for one: the empty file comes in its place with one sector,
 * then it is erased. What it was before the last change goes with it, the menu too: there is no undo any more.
 */
async function erase(volume: OpenFile): Promise<void> {
  const settings = await locateSettings(volume);
  if (settings === undefined) return;
  const { menu, config } = settings.files;
  await empty(volume, 'config', config.other);
  const { offset, length } = settings.sector;
  await volume.write(offset, swapped(await volume.read(offset, length), settings, ['config']));
  await volume.sync();
  await empty(volume, 'config', config.current);
  await empty(volume, 'menu', menu.other);
}

async function empty(volume: OpenFile, name: SettingName, { extents, size }: SettingFile): Promise<void> {
  const bytes = filledSetting(name, new Uint8Array(), size);
  let done = 0;
  for (const { offset, length } of extents) {
    await volume.write(offset, bytes.subarray(done, done + length));
    done += length;
  }
  await volume.sync();
  await volume.dropCache();
  if (Buffer.compare(await joinedRanges(volume, extents).read(0, size), bytes) !== 0)
    throw new OpsError('broken', 'read-back', 'The EFI system partition does not hold what was written', {
      hint: 'The disk or its cable is faulty: look at the kernel messages (dmesg).',
    });
}
