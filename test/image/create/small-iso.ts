/** An ISO with as much in it as an image is made of. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { bootAssetFolder } from '../../../src/install/medium/live.ts';
import { keptFolder, temporaryFolder, tool } from '../../formats/support.ts';
import { isoWith } from '../../install/medium/small-rootfs.ts';

let kept: string | undefined;

/** Its path; made once for all tests of a process, none of which may change it. */
export function smallIso(t: ExecutionContext): string {
  if (kept !== undefined) return kept;
  const path = join(keptFolder(), 'bos.iso');
  copyFileSync(isoWith(t, rootfs(t)), path);
  kept = path;
  return path;
}

/** As much of a root file system as an image is made with: the parts of the boot loader. */
function rootfs(t: ExecutionContext): Buffer {
  const folder = temporaryFolder(t);
  const boot = join(folder, 'root', bootAssetFolder);
  mkdirSync(boot, { recursive: true });
  writeFileSync(join(boot, 'boot.img'), readFileSync('/usr/lib/grub/i386-pc/boot.img'));
  const options = ['--format=i386-pc', '--prefix=(,gpt2)/EFI/debian', 'biosdisk', 'part_gpt', 'fat'];
  tool('grub-mkimage', `--output=${join(boot, 'core.img')}`, ...options);
  for (const name of ['shimx64.efi', 'grubx64.efi', 'mmx64.efi'])
    writeFileSync(join(boot, name), `this is ${name}`);
  const image = join(folder, 'rootfs.squashfs');
  tool('mksquashfs', join(folder, 'root'), image, '-quiet', '-no-progress', '-comp', 'gzip');
  return readFileSync(image);
}
