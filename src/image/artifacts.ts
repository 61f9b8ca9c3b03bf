/** dist/artifacts: what a build publishes, each file put in place whole, with their checksums. */
import { sha256File } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';

export interface Artifact {
  readonly name: string;
  /** The file in the stage cache. */
  readonly from: string;
}

/**
 * Copies what changed since the last time and rewrites the checksums when anything did.
 * @returns the paths of all artifacts
 */
export async function publish(
  host: Host,
  folder: string,
  arch: string,
  artifacts: readonly Artifact[],
): Promise<string[]> {
  const { files } = host;
  await files.makeDir(folder);
  const recordPath = `${folder}/.published.json`;
  const before: Record<string, string> = (await files.exists(recordPath))
    ? JSON.parse(await files.readText(recordPath))
    : {};
  const record: Record<string, string> = { ...before };
  let changed = false;
  for (const { name, from } of artifacts) {
    const target = `${folder}/${name}`;
    if (before[name] === from && (await files.exists(target))) continue;
    changed = true;
    await files.copy(from, `${target}.partial`);
    await files.rename(`${target}.partial`, target);
    record[name] = from;
  }
  const sums = `${folder}/sha256sum-${arch}.txt`;
  if (changed || !(await files.exists(sums))) {
    const lines: string[] = [];
    for (const name of Object.keys(record).sort()) {
      if (await files.exists(`${folder}/${name}`))
        lines.push(`${await sha256File(files, `${folder}/${name}`)}  ${name}`);
    }
    await files.writeAtomic(sums, `${lines.join('\n')}\n`);
    await files.writeAtomic(recordPath, JSON.stringify(record, null, 2));
  }
  return [...artifacts.map(({ name }) => `${folder}/${name}`), sums];
}
