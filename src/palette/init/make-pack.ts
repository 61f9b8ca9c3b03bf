/** Makes the files of a new pack, checks them as everybody's packs are checked, and writes them all or none. */
import { type OpsError, refused, usage } from '../../errors.ts';
import { pngFault } from '../../formats/png.ts';
import type { Files, Host } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import { withTemporary } from '../../operation/outcome.ts';
import { type PackContent, type PackEntry, packFiles } from '../pack/pack-content.ts';
import { imagesIn } from '../pack/rules/content-images.ts';
import { type Finding, validatePack } from '../pack/validate.ts';
import { chartFault } from './chart.ts';
import { plainLogo } from './logo.ts';
import { chartPath, manifestPath, renderMeta } from './render-meta.ts';
import { renderReadme } from './render-readme.ts';
import { renderParameters, renderPresets, renderValues } from './render-values.ts';
import { answerOf, type PackRequest } from './request.ts';

export interface MadePack {
  /** `NAME-VERSION` */
  readonly folder: string;
  /** By path in the pack. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly findings: readonly Finding[];
}

/**
 * Everything but the writing. `logo` is a file of the person's. Throws OpsError (refused) `pack-source` for a file that
 * cannot be read, (usage) `pack-logo`, `pack-chart`, and `pack-files` for two of one name.
 */
export async function makePack(host: Host, request: PackRequest, logo?: string): Promise<MadePack> {
  const { files } = host;
  const sources = new Map<string, Uint8Array>();
  const take = async (path: string, given: string) => {
    if (sources.has(path))
      throw usage('pack-files', `Two files would be ${path} in the pack`, { hint: 'Rename one of them.' });
    sources.set(path, await readSource(files, given));
  };
  for (const given of request.charts) {
    await take(chartPath(given), given);
    await requireChart(sources.get(chartPath(given)) ?? new Uint8Array(), given);
  }
  for (const given of request.manifests) await take(manifestPath(given), given);
  const images = request.manifests.flatMap((given) =>
    imagesIn(Buffer.from(sources.get(manifestPath(given)) ?? []).toString('utf8')).map(({ image }) => image),
  );
  const presets = renderPresets(request);
  const parameters = renderParameters(request);
  const made = new Map<string, Uint8Array>([
    [packFiles.meta, Buffer.from(renderMeta(request))],
    [packFiles.values, Buffer.from(renderValues(request, images))],
    [packFiles.logo, logo === undefined ? plainLogo() : await readLogo(files, logo)],
    [packFiles.readme, Buffer.from(renderReadme(request))],
    ...(presets === undefined ? [] : [[packFiles.presets, Buffer.from(presets)] as const]),
    ...(parameters === undefined ? [] : [[packFiles.parameters, Buffer.from(parameters)] as const]),
    ...sources,
  ]);
  const folder = `${answerOf(request, 'name')}-${answerOf(request, 'version')}`;
  return { folder, files: made, findings: validatePack(contentOf(folder, made)).findings };
}

function contentOf(folder: string, files: ReadonlyMap<string, Uint8Array>): PackContent {
  const entries = new Map<string, PackEntry>();
  for (const [path, { length }] of files) entries.set(path, { type: 'file', size: length });
  return { place: folder, folder, entries, contents: files };
}

async function readLogo(files: Files, path: string): Promise<Uint8Array> {
  const bytes = await readSource(files, path);
  const fault = pngFault(bytes);
  if (fault === undefined) return bytes;
  throw usage('pack-logo', `--logo: ${path} is not a picture in PNG: ${fault}`, {
    hint: 'Convert it to PNG, or leave --logo out for a plain one.',
  });
}

async function requireChart(bytes: Uint8Array, path: string): Promise<void> {
  const fault = await chartFault(bytes);
  if (fault === undefined) return;
  throw usage('pack-chart', `--chart: ${path} is not a packed chart: ${fault}`, {
    hint: 'Make it with `helm package`.',
  });
}

async function readSource(files: Files, path: string): Promise<Uint8Array> {
  try {
    return await files.read(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const unreadable = (path: string, cause: unknown): OpsError => cannotRead('pack-source', path, cause);

/**
 * Writes a pack as a folder below `parent`, which gets its name when all of it is on the disk. Gives its path. Throws
 * OpsError (refused) `output-exists`, and what writing does.
 */
export async function writePack({ files }: Host, parent: string, pack: MadePack): Promise<string> {
  const output = `${parent === '/' ? '' : parent}/${pack.folder}`;
  if ((await files.stat(output)) !== undefined)
    throw refused('output-exists', `${output} exists`, {
      hint: 'Move it away, or give another version or another --output.',
    });
  await files.makeDir(parent);
  const partial = `${output}.partial`;
  const temporary = {
    what: partial,
    remove: () => files.remove(partial),
    cleanupFailed: 'The pack is complete; remove that folder by hand.',
  };
  await withTemporary(temporary, async () => {
    await files.remove(partial);
    for (const [path, bytes] of pack.files) {
      const slash = path.lastIndexOf('/');
      await files.makeDir(slash < 0 ? partial : `${partial}/${path.slice(0, slash)}`);
      await files.write(`${partial}/${path}`, bytes, { mode: 0o644, sync: true });
    }
    await files.rename(partial, output);
  });
  return output;
}
