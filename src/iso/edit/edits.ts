/** A request as changes of files of one image: read from the disk, checked, and with the lists of digests in step. */
import { usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { efiPlaces } from '../efi/places.ts';
import type { Image } from '../image.ts';
import { findMenus } from '../inspect/find-menus.ts';
import { loaderMenus } from '../inspect/loader-menus.ts';
import { changesMenus, type MenuRequest, type RemasterRequest } from '../request.ts';
import { dcpFiles } from './dcp.ts';
import { withDigestLists } from './digest-lists.ts';
import { additions, fileChange, readable } from './local-file.ts';
import { type EditedMenus, editedMenus, mainMenu } from './menu-edits.ts';
import type { Edits, FileChange } from './patch-plan.ts';

export const configPath = 'bos/system/config.yaml';

export interface PreparedEdits extends Edits {
  /** What a person should know. */
  readonly notes: readonly string[];
  readonly efiAgain?: EditedMenus['efiAgain'];
}

/** The image is already as it is asked for. */
export const nothingToDo = ({ files, efi = [], volumeId }: Edits): boolean =>
  files.length + efi.length === 0 && volumeId === undefined;

/**
 * Throws OpsError: (refused) `file-missing`; (usage) `config-invalid`, `iso-name-exists`, `iso-name-twice`, `iso-entry-missing` and what is wrong
 * with arguments; (refused) `iso-no-menu` and others for an image that does not have what the request needs.
 */
export async function prepareEdits(
  host: Host,
  image: Image,
  request: RemasterRequest,
): Promise<PreparedEdits> {
  const files = new Map<string, FileChange>();
  const notes: string[] = [];
  const put = (change: FileChange) => files.set(change.path, change);
  for (const path of request.remove) put({ path: await existing(image, path) });
  for (const { source, path } of request.add)
    for (const change of await additions(host, source, path, { notes, links: image.iso.rockRidge })) {
      await requireFree(image, change.path, files);
      put(change);
    }
  for (const change of request.put ?? []) {
    await requireFree(image, change.path, files);
    put(change);
  }
  if (request.config !== undefined) {
    const { bytes, note } = await checkedConfig(host, request.config, 'the image');
    put({ path: configPath, content: { kind: 'bytes', bytes } });
    if (note !== undefined) notes.push(note);
  }
  if (request.checkedConfig !== undefined)
    put({ path: configPath, content: { kind: 'bytes', bytes: request.checkedConfig } });
  if (request.grubCfg !== undefined) put(await fileChange(host, request.grubCfg, await mainMenu(image)));
  if (request.dcp !== undefined) for (const change of await dcpFiles(host, image, request.dcp)) put(change);
  let efi: Pick<EditedMenus, 'efi' | 'efiAgain'> = { efi: [], efiAgain: undefined };
  if (changesMenus(request.menu)) {
    const edited = await editedMenus(image, menuOf(request), (path) => files.get(path));
    for (const change of edited.files) put(change);
    notes.push(...edited.notes);
    efi = { efi: edited.efi, efiAgain: edited.efiAgain };
  }
  if (request.volumeId !== undefined) notes.push(...(await labelNotes(image, request.volumeId, files)));
  const listed = await withDigestLists(host, image, [...files.values()], efi.efi);
  return {
    ...efi,
    files: listed.files,
    notes: [...notes, ...listed.notes],
    ...(request.volumeId === undefined ? {} : { volumeId: request.volumeId }),
  };
}

/** An installation takes the configuration that is put in along, unless it is told another one. */
function menuOf({ menu, config, checkedConfig: checked }: RemasterRequest): MenuRequest {
  const { install } = menu;
  if (
    install === undefined ||
    (config ?? checked) === undefined ||
    install.some(({ name }) => name === 'config_url')
  )
    return menu;
  return { ...menu, install: [...install, { name: 'config_url', value: `/${configPath}` }] };
}

async function existing(image: Image, path: string): Promise<string> {
  const folder = await image.iso.stat(above(path));
  const found = folder?.type === 'directory' ? await image.iso.list(folder.path) : [];
  const entry = found.find((candidate) => nameOf(candidate.path) === nameOf(path));
  if (entry === undefined)
    throw usage('iso-entry-missing', `The image does not contain /${path}`, {
      hint: await nearestText(image, path),
    });
  return entry.path;
}

const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const shownNames = 12;

/** What there is in the nearest folder that is there. */
async function nearestText({ iso }: Image, path: string): Promise<string> {
  let place = above(path);
  let folder = await iso.stat(place);
  while (folder?.type !== 'directory' && place !== '') {
    place = above(place);
    folder = await iso.stat(place);
  }
  const names = (await iso.list(place)).map((entry) => nameOf(entry.path)).sort();
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  return `/${place} has ${names.slice(0, shownNames).join(', ') || 'nothing'}${more}.`;
}

/** Links on the way are followed, so that nothing comes to lie below one. */
async function requireFree(
  image: Image,
  path: string,
  changes: ReadonlyMap<string, FileChange>,
): Promise<void> {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length += 1) {
    const above = parts.slice(0, length).join('/');
    const entry = await image.iso.stat(above);
    if (entry !== undefined && entry.path !== above)
      throw usage('iso-name-exists', `/${above} is a link in the image, to /${entry.path}`, {
        hint: `Add to /${entry.path} instead.`,
      });
    if (entry?.type === 'file') throw usage('iso-name-exists', `/${above} is a file in the image`);
  }
  const other = changes.get(path);
  if (other !== undefined && (other.content ?? other.link) !== undefined)
    throw usage('iso-name-twice', `Two files are to become /${path}`, {
      hint: 'Give each a path of its own: one of them would be lost.',
    });
  const gone = other !== undefined;
  if (!gone && (await image.iso.stat(path)) !== undefined)
    throw usage('iso-name-exists', `The image already has /${path}`, {
      hint: `Give --remove /${path} as well to replace it.`,
    });
}

/** The bytes of a local configuration file, and what to know of putting it into `where`. Throws OpsError `file-missing` (refused), `config-invalid` (usage). */
export async function checkedConfig(
  host: Host,
  source: string,
  where: string,
): Promise<{ readonly bytes: Uint8Array; readonly note: string | undefined }> {
  const change = await fileChange(host, source, configPath);
  const { parseConfigYaml } = await import('../../config/yaml/yaml.ts');
  const { requireValid } = await import('../../config/diagnostics.ts');
  const bytes = change.content?.kind === 'bytes' ? change.content.bytes : await readable(host, source);
  const { plainSecretsNote } = await import('../../config/plain-secrets.ts');
  const { layer, diagnostics } = parseConfigYaml(bytes, source, 'system');
  requireValid(diagnostics);
  return { bytes, note: plainSecretsNote(layer, where) };
}

/** Menus that look for the medium by its old name would not find it. */
async function labelNotes(image: Image, volumeId: string, files: Map<string, FileChange>): Promise<string[]> {
  const old = image.iso.volumeId;
  if (old === '' || old === volumeId) return [];
  const places = await efiPlaces(image.source, image.efiImages, image.hybrid);
  const apart = await loaderMenus(
    image.source,
    places.map(({ offset }) => offset),
  );
  const menus = [...(await findMenus(image.iso)), ...apart];
  return menus
    .filter(({ path, bytes }) => {
      const change = files.get(path)?.content;
      return namesVolume(change?.kind === 'bytes' ? change.bytes : bytes, old);
    })
    .map(
      ({ path }) =>
        `The menu /${path} names the volume ${old}: it may not find the volume under its new name.`,
    );
}

/** As a word of its own, or of a value; blanks as a kernel and udev take them (`\x20`, `\040`, `_`). */
function namesVolume(menu: Uint8Array, name: string): boolean {
  const text = Buffer.from(menu).toString('latin1');
  const spellings = new Set(
    [' ', String.raw`\x20`, String.raw`\040`, '_', '%20'].map((blank) => name.replaceAll(' ', blank)),
  );
  return [...spellings].some((spelling) => {
    for (let place = text.indexOf(spelling); place >= 0; place = text.indexOf(spelling, place + 1)) {
      const around = [text[place - 1], text[place + spelling.length]];
      if (around.every((letter) => letter === undefined || !/[A-Za-z0-9_-]/.test(letter))) return true;
    }
    return false;
  });
}
