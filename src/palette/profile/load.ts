/** A profile from a file of either form, with everything that the file names; what is wrong with it is part of the answer. */
import { dirname, join, resolve } from 'node:path';
import { decodeUtf8 } from '../../config/yaml/source-text.ts';
import { errorCode } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { cannotRead, whyNamed } from '../../host/system-error.ts';
import { parseJson } from '../json/parse-json.ts';
import { packFiles } from '../pack/pack-content.ts';
import { PackText } from '../pack/pack-view.ts';
import { NotAPack, readPackFolder } from '../pack/read-folder.ts';
import { validatePack } from '../pack/validate.ts';
import { Findings, type ProfileFinding, SourceText } from './findings.ts';
import type { Cluster, Profile } from './model.ts';
import { type ProfileParts, profileOf } from './parts.ts';
import { readExport } from './read/read-export.ts';
import { type FolderPack, namedPaths, openSource, readSource } from './read/read-source.ts';
import type { SourceView } from './read/view.ts';
import { validateProfile } from './validate.ts';

/** Bytes of a file; a profile with the values of the largest charts has a tenth. */
export const profileLimit = 32 * 1024 * 1024;

export interface LoadedProfile {
  /** As the person named it. */
  readonly place: string;
  readonly form: 'export' | 'source';
  /** undefined when the file cannot be read to its end. */
  readonly profile: Profile | undefined;
  readonly cluster: Cluster | undefined;
  readonly findings: readonly ProfileFinding[];
  /** See `ProfileParts.leftOut`. */
  readonly leftOut: readonly string[];
}

/** Throws OpsError (refused) `profile-unreadable` for a file that cannot be read at all. */
export async function loadProfile(host: Host, path: string, place: string): Promise<LoadedProfile> {
  let bytes: Uint8Array;
  try {
    bytes = await host.files.read(path);
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw cannotRead(
      'profile-unreadable',
      place,
      cause,
      'Name the file of a profile: YAML of `opsctl profile init`, or the JSON that Palette exports.',
    );
  }
  return readProfile(host, bytes, { path, place });
}

/** The same from bytes that were read already; `path` is where files are looked for that it names. */
export async function readProfile(
  host: Host,
  bytes: Uint8Array,
  { path, place }: { readonly path: string; readonly place: string },
): Promise<LoadedProfile> {
  const findings = new Findings();
  const text = textOf(bytes, place, findings);
  const form = isExport(place, text ?? '') ? 'export' : 'source';
  const parts =
    text === undefined ? undefined : await partsOf(host, path, new SourceText(place, text), form, findings);
  return {
    ...{ place, form, cluster: parts?.cluster },
    profile: parts === undefined ? undefined : profileOf(parts),
    leftOut: parts?.leftOut ?? [],
    findings: validateProfile(parts, findings, place),
  };
}

const isExport = (place: string, text: string): boolean =>
  /\.json$/i.test(place) || /^\ufeff?\s*[{[]/.test(text.slice(0, 1000));

function textOf(bytes: Uint8Array, file: string, findings: Findings): string | undefined {
  const fault = (message: string) => findings.add({ severity: 'error', place: { file }, message });
  if (bytes.length > profileLimit)
    fault(`is ${bytes.length} bytes long; expected at most ${profileLimit}; shorten or split it`);
  else if (decodeUtf8(bytes) === undefined) fault('expected UTF-8 text');
  // A byte order mark stays: places count from the first byte.
  else return Buffer.from(bytes).toString('utf8');
  return undefined;
}

async function partsOf(
  host: Host,
  path: string,
  source: SourceText,
  form: LoadedProfile['form'],
  findings: Findings,
): Promise<ProfileParts | undefined> {
  if (form === 'export') return readExport(source, findings.tell);
  const view = openSource(source, findings.tell);
  if (view === undefined) return undefined;
  return readSource(view, await namedFiles(host, view, dirname(path), findings), findings.tell);
}

async function namedFiles(host: Host, view: SourceView, folder: string, findings: Findings) {
  const folders = new Map<string, FolderPack>();
  const files = new Map<string, SourceText>();
  const shown = (given: string) => join(dirname(view.source.name), given);
  const paths = namedPaths(view);
  const tell = (where: readonly (string | number)[], error: unknown) => {
    if (!(error instanceof NotAPack) && errorCode(error) === undefined) throw error;
    const message = error instanceof NotAPack ? error.message : `cannot be read: ${whyNamed(error)}`;
    findings.tell('error', view.placeAt(...where), message, String(where.at(-1)));
  };
  for (const where of paths.folders) {
    const given = view.text(...where) ?? '';
    try {
      folders.set(given, await folderPack(host, resolve(folder, given), shown(given), findings));
    } catch (error) {
      tell(where, error);
    }
  }
  for (const where of paths.files) {
    const given = view.text(...where) ?? '';
    try {
      const text = textOf(await host.files.read(resolve(folder, given)), shown(given), findings);
      if (text !== undefined) files.set(given, new SourceText(shown(given), text));
    } catch (error) {
      tell(where, error);
    }
  }
  return { folders, files };
}

/** Throws NotAPack, and what the file system does. */
async function folderPack(host: Host, path: string, place: string, findings: Findings): Promise<FolderPack> {
  const content = await readPackFolder(host.files, path, place);
  const { name, version, layer, findings: found } = validatePack(content);
  for (const { severity, place: at, message, key } of found)
    findings.add({ severity, place: at, message, ...(key === undefined ? {} : { key }) });
  const bytes = content.contents.get(packFiles.values);
  const meta = parseJson(Buffer.from(content.contents.get(packFiles.meta) ?? []).toString('utf8')).root;
  const values = bytes === undefined ? undefined : textOf(bytes, `${place}/${packFiles.values}`, findings);
  return {
    ...{ name, version, layer },
    clouds: meta === undefined ? [] : new PackText('', '', meta).texts('cloudTypes'),
    values: values === undefined ? undefined : new SourceText(`${place}/${packFiles.values}`, values),
  };
}
