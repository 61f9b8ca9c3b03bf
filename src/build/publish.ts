/**
 * Puts artifacts in place: each whole or not at all, with the checksums of all that is there. The checksums go
 * first and come back last, so that they never speak of other files than those beside them.
 */

import { z } from 'zod';
import { sha256File, sha256Of } from '../host/digest.ts';
import type { Files, Host } from '../host/ports.ts';
import { withTemporary } from '../operation/outcome.ts';
import type { Artifact } from './artifacts.ts';
import type { StageRunner } from './stage.ts';

/** What was published: by what it was made from, so that nothing is copied twice. */
const recordSchema = z.record(
  z.string(),
  z.object({ key: z.string(), size: z.number(), sha256: z.string() }),
);
type PublishedRecord = z.infer<typeof recordSchema>;

export interface PublishRequest {
  /** The folder of the artifacts, absolute. */
  readonly folder: string;
  readonly arch: string;
  /** All that there could be. Files of earlier builds that no longer match are removed. */
  readonly table: readonly Artifact[];
  /** Those of the table that are wanted now. */
  readonly wanted: readonly Artifact[];
}

/** Returns the paths of the wanted artifacts and of the checksums. */
export async function publish(
  { files }: Host,
  runner: StageRunner,
  request: PublishRequest,
): Promise<string[]> {
  const { folder, arch, table, wanted } = request;
  await files.makeDir(folder);
  for (const name of await files.list(folder))
    if (/^\..+\.partial$/.test(name)) await files.remove(`${folder}/${name}`);
  const recordPath = recordOf(folder, arch);
  const sums = sumsOf(folder, arch);
  const before = await readRecord(files, recordPath);
  const others = await recordsOfOthers(files, folder, arch);
  const record: PublishedRecord = {};
  const gone = new Set([...Object.keys(before), ...table.map(({ name }) => name)]);
  // install.sh is the same file for every architecture: it stays while the checksums of another one speak of it.
  for (const other of others.values()) for (const name of Object.keys(other)) gone.delete(name);
  for (const artifact of table) {
    const known = before[artifact.name];
    if (known?.key !== keyOf(runner, artifact)) continue;
    if ((await files.stat(`${folder}/${artifact.name}`))?.size !== known.size) continue;
    record[artifact.name] = known;
    gone.delete(artifact.name);
  }
  const missing = wanted.filter(({ name }) => record[name] === undefined);
  const sources = new Map<Artifact, string>();
  for (const artifact of missing)
    if ('stage' in artifact.content) sources.set(artifact, await runner.ensure(artifact.content.stage));

  const stale: string[] = [];
  for (const name of gone) if (await files.exists(`${folder}/${name}`)) stale.push(name);
  const forgotten = Object.keys(before).some((name) => record[name] === undefined);
  if (missing.length > 0 || stale.length > 0 || forgotten || !(await files.exists(sums))) {
    const lists = new Map([[arch, record]]);
    for (const [name, other] of others)
      if (missing.some((artifact) => Object.hasOwn(other, artifact.name))) lists.set(name, other);
    for (const name of lists.keys()) await files.remove(sumsOf(folder, name));
    for (const artifact of missing) {
      const placed = await place(files, folder, artifact, sources.get(artifact));
      const entry = { key: keyOf(runner, artifact), ...placed };
      record[artifact.name] = entry;
      for (const list of lists.values()) if (Object.hasOwn(list, artifact.name)) list[artifact.name] = entry;
    }
    for (const name of stale) if (record[name] === undefined) await files.remove(`${folder}/${name}`);
    for (const [name, list] of lists) await writeLists(files, folder, name, list);
  }
  return [...wanted.map(({ name }) => `${folder}/${name}`), sums];
}

/** One file under its name, whole; half of one does not stay. */
async function place(files: Files, folder: string, artifact: Artifact, from: string | undefined) {
  const partial = `${folder}/.${artifact.name}.partial`;
  const temporary = {
    what: partial,
    remove: () => files.remove(partial),
    cleanupFailed: 'The artifact is complete; remove that file by hand.',
  };
  return withTemporary(temporary, async () => {
    if ('text' in artifact.content) await files.write(partial, artifact.content.text);
    else await files.copy(`${from}/${artifact.content.file}`, partial);
    await files.chmod(partial, artifact.executable === true ? 0o755 : 0o644);
    const size = (await files.stat(partial))?.size ?? 0;
    const sha256 = await sha256File(files, partial);
    await files.rename(partial, `${folder}/${artifact.name}`);
    return { size, sha256 };
  });
}

const recordOf = (folder: string, arch: string) => `${folder}/.published-${arch}.json`;
const sumsOf = (folder: string, arch: string) => `${folder}/sha256sum-${arch}.txt`;

async function writeLists(files: Files, folder: string, arch: string, record: PublishedRecord) {
  const lines = Object.entries(record).map(([name, { sha256 }]) => `${sha256}  ${name}\n`);
  await files.writeAtomic(recordOf(folder, arch), `${JSON.stringify(record, null, 2)}\n`);
  await files.writeAtomic(
    sumsOf(folder, arch),
    lines.toSorted((a, b) => (a.slice(64) < b.slice(64) ? -1 : 1)).join(''),
  );
}

/** What builds for other architectures published into the same folder, by architecture. */
async function recordsOfOthers(files: Files, folder: string, arch: string) {
  const records = new Map<string, PublishedRecord>();
  for (const name of await files.list(folder)) {
    const other = /^\.published-([a-z0-9]+)\.json$/.exec(name)?.[1];
    if (other !== undefined && other !== arch)
      records.set(other, await readRecord(files, `${folder}/${name}`));
  }
  return records;
}

const keyOf = (runner: StageRunner, { content }: Artifact) =>
  'text' in content ? sha256Of(content.text) : `${runner.key(content.stage)}/${content.file}`;

/** A record that cannot be read is none: everything is published anew. */
async function readRecord(files: Files, path: string): Promise<PublishedRecord> {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(await files.readText(path)));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}
