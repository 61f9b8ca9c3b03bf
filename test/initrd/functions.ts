/** The functions of the initrd, run by busybox over image files instead of a machine's disks. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { UnjudgedDisk } from '../../src/disk/probe/content.ts';
import { temporaryFolder } from '../formats/support.ts';

const lib = fileURLToPath(new URL('../../os/initrd/lib', import.meta.url));

/** The files of os/initrd/lib for judging what is on the disks. */
export const judging = ['devices', 'signatures', 'arrays', 'state', 'mark', 'manifest', 'verdict'];

/** Shell that defines the functions of these files of os/initrd/lib, with the initrd's folders moved to `folder`. */
export function initrdFunctions(folder: string, names: readonly string[] = judging): string {
  const sourced = ['places', ...names].map((name) => `. ${lib}/${name}.sh\n`).join('');
  return `${sourced}DEV=${folder}/dev RUN=${folder}/run SYS=${folder}/sys R=${folder}/newroot\n`;
}

/** What a kernel would do: devices by name, a mount as a copy of what is in the file system. */
const stubs = (folder: string) => `
blocks() { ls ${folder}/dev; }
disk_of() { echo "\${1%%[0-9]*}"; }
mount() {
  while [ $# -gt 2 ]; do case $1 in -t) type=$2; shift 2 ;; -o) shift 2 ;; esac; done
  case $type in
    vfat) mcopy -sni "$1" '::/*' "$2" 2>/dev/null ;;
    ext4) debugfs -R "rdump / $2" "$1" >/dev/null 2>&1; [ -d "$2/lost+found" ] ;;
  esac
}
umount() { rm -rf "$1"; mkdir "$1"; }
`;

/** What the initrd says of a machine with these disks after this `question`, and why. */
export function inInitrd(
  t: ExecutionContext,
  disks: readonly UnjudgedDisk[],
  question: string,
): { readonly word: string; readonly why: string; readonly state: string } {
  const folder = temporaryFolder(t);
  for (const name of ['dev', 'run', 'run/state']) mkdirSync(join(folder, name));
  disks.forEach(({ partitions }, index) => {
    for (const { path, number } of partitions.filter((one) => !one.path.startsWith('/dev/')))
      symlinkSync(path, join(folder, 'dev', `vd${'abc'[index]}${number}`));
  });
  const script = `${initrdFunctions(folder)}${stubs(folder)}${question}; printf '%s\\n%s\\n%s' "$VERDICT" "$WHY" "$STATE"`;
  const said = execFileSync('busybox', ['sh', '-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MTOOLS_SKIP_CHECK: '1' },
  });
  const [word = '', why = '', state = ''] = said.split('\n');
  return { word, why, state: state.slice(`${folder}/dev/`.length) };
}
