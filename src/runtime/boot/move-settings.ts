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
import { statePath } from '../../boot/installed-environment.ts';
import { pendingConfigPath, pendingSettingsFolder, systemConfigPath } from '../../config/sources/sources.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import { withFile, writePieces } from '../../host/device-pieces.ts';
import type { Host } from '../../host/ports.ts';

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
  await erase(host, join(root, esp));
  await files.remove(join(root, pendingSettingsFolder));
}

/**
 * A configuration that is half erased must never be taken for one: the empty file comes in its place with one sector,
 * then it is erased. What it was before the last change goes with it, the menu too: there is no undo any more.
 */
async function erase(host: Host, esp: string): Promise<void> {
  const found = await withFile(host, esp, 'r', async (volume) => {
    const settings = await locateSettings(volume);
    if (settings === undefined) return undefined;
    const { offset, length } = settings.sector;
    return { settings, sector: await volume.read(offset, length) };
  });
  if (found === undefined) return;
  const { settings, sector } = found;
  const { menu, config } = settings.files;
  await writePieces(host, esp, emptied('config', config.other));
  const bytes = swapped(sector, settings, ['config']);
  await writePieces(host, esp, [{ offset: settings.sector.offset, bytes }]);
  await writePieces(host, esp, emptied('config', config.current));
  await writePieces(host, esp, emptied('menu', menu.other));
}

function emptied(name: SettingName, { extents, size }: SettingFile): PlacedBytes[] {
  const bytes = filledSetting(name, new Uint8Array(), size);
  let done = 0;
  return extents.map(({ offset, length }) => {
    done += length;
    return { offset, bytes: bytes.subarray(done - length, done) };
  });
}
