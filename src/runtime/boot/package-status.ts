/**
 * The dpkg status in /var, where scanners of a running system read which packages there are. The one of the image counts:
 * /var is seeded once, and outlives the image that it was seeded from.
 */
import { dirname, join } from 'node:path';
import type { Host } from '../../host/ports.ts';

export const packageStatus = { image: '/usr/lib/dpkg/status', varFile: 'lib/dpkg/status' } as const;

/** Makes the status below `varFolder` that of the image. Nothing of the boot depends on it: a full disk is none of its faults. */
export async function keepPackageStatus(
  { files }: Pick<Host, 'files'>,
  root: string,
  varFolder: string,
): Promise<void> {
  try {
    const image = join(root, packageStatus.image);
    if (!(await files.exists(image))) return;
    const wanted = await files.readText(image);
    const path = join(varFolder, packageStatus.varFile);
    const found = (await files.exists(path)) ? await files.readText(path) : undefined;
    if (found === wanted) return;
    await files.makeDir(dirname(path), 0o755);
    await files.writeAtomic(path, wanted, { mode: 0o644 });
  } catch {}
}
