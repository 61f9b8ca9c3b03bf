/** Writes down that the commands of an instance have run. A power cut before that runs them again. */
import { dirname, join } from 'node:path';
import { seedOriginPath, seedRecordPath } from '../../config/seed/seed-files.ts';
import type { Host } from '../../host/ports.ts';

/** After the runtime phase; without a seed nothing is done. Throws what writing throws. */
export async function recordInstance(host: Host, root: string): Promise<void> {
  const { files } = host;
  if (!(await files.exists(join(root, seedOriginPath)))) return;
  const { readSeed, recordedInstance } = await import('../../config/seed/seed-layers.ts');
  const seed = await readSeed(host, root);
  if (seed === undefined || (await recordedInstance(host, root)) === seed.instance) return;
  const path = join(root, seedRecordPath);
  await files.makeDir(dirname(path), 0o755);
  await files.writeAtomic(path, `${JSON.stringify({ v: 1, instance: seed.instance })}\n`, { mode: 0o644 });
}
