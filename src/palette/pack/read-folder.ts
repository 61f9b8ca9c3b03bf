/** A pack in a folder: the names of its files, and the content of those that are looked into. */
import { basename } from 'node:path';
import { errorCode } from '../../errors.ts';
import type { Files } from '../../host/ports.ts';
import { parseJson } from '../json/parse-json.ts';
import { type PackContent, type PackEntry, packFiles, textLimit } from './pack-content.ts';
import { PackText } from './pack-view.ts';
import { pathInPack } from './rules/files.ts';

/** More than any chart unpacked has. */
const mostEntries = 20_000;
const deepest = 20;
const logoLimit = 8 * 1024 * 1024;

/** The pack is too large to be one. */
export class NotAPack extends Error {}

/** What was named is not a folder; on another machine it may be one. */
export class NotAFolder extends NotAPack {}

/** Throws NotAPack, and what the file system does. */
export async function readPackFolder(files: Files, folder: string, place: string): Promise<PackContent> {
  const entries = new Map<string, PackEntry>();
  const { path, type } = await followed(files, folder);
  if (type !== 'directory') throw new NotAFolder('is not a folder; name the folder that pack.json is in');
  await walk(files, folder, '', entries, 0);
  const contents = await readContents(entries, async (path) => {
    try {
      return await files.readNoFollow(`${folder}/${path}`);
    } catch (error) {
      if (errorCode(error) === 'ELOOP' || errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
  return { place, folder: basename(path), entries, contents };
}

/** The folder itself may be a link, as a person's own doing. Throws what the file system does. */
async function followed(files: Files, folder: string): Promise<{ path: string; type: string | undefined }> {
  const stat = await files.stat(folder);
  if (stat !== undefined && stat.type !== 'symlink') return { path: folder, type: stat.type };
  const path = await files.realPath(folder);
  return { path, type: (await files.stat(path))?.type };
}

async function walk(
  files: Files,
  folder: string,
  below: string,
  entries: Map<string, PackEntry>,
  depth: number,
): Promise<void> {
  if (depth > deepest) throw new NotAPack(`has folders ${deepest} levels deep; name the folder of one pack`);
  // What editors and version control leave is no part of a pack.
  const names = (await files.list(folder)).filter((name) => !name.startsWith('.'));
  const stats = await Promise.all(names.map((name) => files.stat(`${folder}/${name}`)));
  for (const [index, name] of names.entries()) {
    const stat = stats[index];
    if (stat === undefined) continue;
    const path = `${below}${name}`;
    const { type, size } = stat;
    entries.set(path, {
      type: type === 'symlink' ? 'link' : type === 'block' ? 'other' : type,
      size: type === 'file' ? size : 0,
    });
    if (entries.size > mostEntries)
      throw new NotAPack(`has more than ${mostEntries} files; name the folder of one pack`);
    if (type === 'directory') await walk(files, `${folder}/${name}`, `${path}/`, entries, depth + 1);
  }
}

/** What is looked into: the files with a meaning, then the manifests that pack.json names; none that is too large. */
export async function readContents(
  entries: ReadonlyMap<string, PackEntry>,
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  const take = async (path: string, limit: number) => {
    const entry = entries.get(path);
    if (entry?.type !== 'file' || entry.size > limit || contents.has(path)) return;
    const bytes = await read(path);
    if (bytes !== undefined) contents.set(path, bytes);
  };
  const { meta, values, presets, parameters, logo } = packFiles;
  const known = [meta, values, presets, parameters].map((path) => take(path, textLimit));
  await Promise.all([...known, take(logo, logoLimit)]);
  const bytes = contents.get(meta);
  const parsed = bytes === undefined ? undefined : parseJson(Buffer.from(bytes).toString('utf8')).root;
  const named = parsed === undefined ? [] : new PackText(meta, '', parsed).texts('kubeManifests');
  for (const given of named) {
    const path = pathInPack(given);
    if (path !== undefined) await take(path, textLimit);
  }
  return contents;
}
