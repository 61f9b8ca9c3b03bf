/** A FAT volume with the settings of a disk image, made with mtools. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  filledSetting,
  type SettingName,
  settingNames,
  settingsFolder,
  settingsNames,
} from '../../src/boot/image-settings.ts';

export interface VolumeFaults {
  /** The file is left out. */
  readonly without?: string;
  /** The file has half of its size. */
  readonly short?: string;
  /** As many files lie before those of the settings. */
  readonly before?: number;
  /** Bytes for a menu. */
  readonly menuRoom?: number;
}

/** 4 MiB; with none of the settings when there is no content. */
export function settingsVolume(
  contents: Partial<Record<SettingName, string>>,
  { without, short, before = 0, menuRoom = 4096 }: VolumeFaults = {},
): Buffer {
  const room = { menu: menuRoom, config: 8192 };
  const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
  try {
    const volume = join(folder, 'volume');
    const tool = (name: string, ...args: string[]) =>
      execFileSync(name, args, { env: { ...process.env, MTOOLS_SKIP_CHECK: '1' } });
    tool('mkfs.fat', '-C', '-n', 'BOS_GRUB', volume, '4096');
    tool('mmd', '-i', volume, '::/EFI', '::/EFI/BOS');
    const put = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(folder, name), bytes);
      tool('mcopy', '-i', volume, join(folder, name), `::/${settingsFolder}`);
    };
    for (let index = 0; index < before; index += 1) put(`F${index}`, Buffer.from('x'));
    for (const name of settingNames) {
      const content = contents[name];
      if (content === undefined) continue;
      const { current, other } = settingsNames[name];
      for (const [file, text] of [
        [current, content],
        [other, ''],
      ] as const)
        if (file !== without)
          put(file, filledSetting(name, Buffer.from(text), file === short ? room[name] / 2 : room[name]));
    }
    return readFileSync(volume);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
