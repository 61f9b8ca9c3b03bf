/** Where this machine's own apt gets its packages: no mirror's name stands in the project. */
import type { Host } from '../../../src/host/ports.ts';

const folder = '/etc/apt/sources.list.d';
const file = '/etc/apt/sources.list';

/** The files that list them, as mmdebstrap takes them after suite and target. */
export async function aptSources({ files }: Host): Promise<string[]> {
  const names = (await files.list(folder)).filter((name) => /\.(list|sources)$/.test(name));
  const found = names.map((name) => `${folder}/${name}`);
  return (await files.exists(file)) ? [...found, file] : found;
}
