/** The programs that building needs, with the Debian package that has each. */
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';

const packageOf: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  depmod: 'kmod',
  mksquashfs: 'squashfs-tools',
  sqfstar: 'squashfs-tools',
  xorriso: 'xorriso',
  'grub-mkimage': 'grub-common',
  'mkfs.fat': 'dosfstools',
  mcopy: 'mtools',
  zstd: 'zstd',
  tar: 'tar',
  strip: 'binutils',
};

/** Throws OpsError `tool-missing` (refused) that names every missing package at once. */
export async function checkBuildTools(host: Host): Promise<void> {
  const missing: string[] = [];
  for (const [tool, name] of Object.entries(packageOf)) {
    if ((await host.processes.which(tool)) === undefined) missing.push(name);
  }
  if (missing.length === 0) return;
  throw refused('tool-missing', `building needs programs that are not installed: ${missing.join(', ')}`, {
    hint: `Install them: sudo apt-get install ${[...new Set(missing)].join(' ')}`,
  });
}
