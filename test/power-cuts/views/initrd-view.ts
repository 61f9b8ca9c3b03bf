/** What the initrd would say of a machine whose only disk is an image: its own shell functions, run with busybox. */
import type { Host } from '../../../src/host/ports.ts';
import { initrdFunctions } from '../../initrd/functions.ts';
import { forE2fsprogs, forMtools, type Region } from './machine-view.ts';

export type Verdict = 'none' | 'unfinished' | 'valid' | 'damaged';

/** Enough of a partition for all that is read of it before it is mounted: super blocks and labels. */
const headSize = 65_536;

/**
 * Devices are the heads of the partitions. Mounting copies what is read afterwards; of a FAT a kernel looks at no more
 * than the root folder when it mounts it, and half a boot loader does not hinder it.
 */
const stubs = (folder: string) => `
blocks() { ls ${folder}/dev; }
disk_of() { echo vda; }
mount() {
  while [ $# -gt 2 ]; do case $1 in -t) type=$2; shift 2 ;; -o) shift 2 ;; esac; done
  device=$(cat "${folder}/$type-\${1##*/}")
  case $type in
    vfat)
      mdir -i "$device" ::/ >/dev/null 2>&1 || return 1
      mkdir -p "$2/EFI/debian"
      mcopy -ni "$device" ::/EFI/debian/grubenv "$2/EFI/debian/" 2>/dev/null
      return 0 ;;
    ext4) debugfs -R "rdump / $2" "$device" >/dev/null 2>&1; [ -d "$2/lost+found" ] ;;
  esac
}
umount() { rm -rf "$1"; mkdir "$1"; }
`;

export async function initrdVerdict(
  host: Host,
  image: string,
  partitions: readonly Region[],
): Promise<{ readonly word: Verdict; readonly why: string }> {
  const { files, processes } = host;
  const folder = await files.makeTempDir('bos-initrd-');
  try {
    await files.makeDir(`${folder}/dev`);
    await files.makeDir(`${folder}/run/state`);
    const file = await files.open(image, 'r');
    for (const one of partitions) {
      const name = one.path.replace('/dev/', '');
      await files.write(`${folder}/dev/${name}`, await file.read(one.start, Math.min(headSize, one.size)));
      await files.write(`${folder}/vfat-${name}`, forMtools(image, one));
      await files.write(`${folder}/ext4-${name}`, forE2fsprogs(image, one));
    }
    await file.close();
    const script = `${initrdFunctions(folder)}${stubs(folder)}judge_disks; printf '%s\\n%s' "$VERDICT" "$WHY"`;
    const { stdout } = await processes.run('busybox', ['sh', '-c', script], {
      env: { MTOOLS_SKIP_CHECK: '1' },
    });
    const [word = '', why = ''] = stdout.split('\n');
    return { word: word as Verdict, why };
  } finally {
    await files.remove(folder);
  }
}
