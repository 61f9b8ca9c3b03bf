/** The programs that building needs, with the Debian package that has each, and their versions for cache keys. */
import type { Architecture } from '../architectures.ts';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';

const packageOfAll: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  depmod: 'kmod',
  mksquashfs: 'squashfs-tools',
  sqfstar: 'squashfs-tools',
  xorriso: 'xorriso',
  'mkfs.fat': 'dosfstools',
  mcopy: 'mtools',
  zstd: 'zstd',
};

/** Debian has one for each architecture, under its own name. */
export const stripProgram = ({ triplet }: Pick<Architecture, 'triplet'>): string => `${triplet}-strip`;

const packagesFor = (architecture: Architecture): Readonly<Record<string, string>> => ({
  ...packageOfAll,
  ...(architecture.bios ? { 'grub-mkimage': 'grub-common' } : {}),
  [stripProgram(architecture)]: `binutils-${architecture.triplet.replaceAll('_', '-')}`,
});

/**
 * Returns program → version of its package (empty where dpkg does not know it). Throws OpsError `tool-missing`
 * (refused) that names every missing package at once.
 */
export async function checkBuildTools(
  host: Host,
  architecture: Architecture,
): Promise<Record<string, string>> {
  const packageOf = packagesFor(architecture);
  const missing = new Set<string>();
  for (const [tool, name] of Object.entries(packageOf))
    if ((await host.processes.which(tool)) === undefined) missing.add(name);
  if (missing.size > 0) {
    throw refused('tool-missing', `Programs needed to build are not installed: ${[...missing].join(', ')}`, {
      hint: `Run \`make setup\`, or install them: \`sudo apt-get install ${[...missing].join(' ')}\`.`,
    });
  }
  const names = [...new Set(Object.values(packageOf))];
  const { stdout } = await host.processes.run(
    'dpkg-query',
    ['--show', '--showformat', '${Package} ${Version}\n', ...names],
    { okCodes: [0, 1] },
  );
  const versions = new Map(
    stdout.split('\n').map((line): [string, string] => {
      const [name = '', version = ''] = line.split(' ');
      return [name, version];
    }),
  );
  return Object.fromEntries(
    Object.entries(packageOf).map(([tool, name]) => [tool, versions.get(name) ?? '']),
  );
}
