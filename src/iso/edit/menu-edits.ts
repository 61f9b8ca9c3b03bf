/** Kernel arguments and the unattended installation, in every menu that an image carries. */
import { argumentEdit, changesArguments } from '../../boot/menus/argument-request.ts';
import { chooseEntry } from '../../boot/menus/menu-choice.ts';
import { type ArgumentEdit, editArguments, readMenu } from '../../boot/menus/menu-edit.ts';
import type { BootLoader, MenuEntry } from '../../boot/menus/menus.ts';
import { parseCommandLine } from '../../config/command-line/command-line.ts';
import { escapeValue, quoteKernelWord } from '../../config/command-line/kernel-arguments.ts';
import { requireValid } from '../../config/diagnostics.ts';
import { refused, usage } from '../../errors.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import type { EfiEdit } from '../efi/edit.ts';
import { type EfiPlace, efiPlaces } from '../efi/places.ts';
import type { Image } from '../image.ts';
import { findMenus, type MenuFile } from '../inspect/find-menus.ts';
import { type LoaderMenu, loaderMenus } from '../inspect/loader-menus.ts';
import type { MenuRequest } from '../request.ts';
import type { FileChange } from './patch-plan.ts';

/** Seconds until an unattended installation begins: enough for a person to say no. */
const installTimeout = 5;
const installWord = 'bos.mode=install';

/** The grub.cfg that the image's GRUB reads first. Throws OpsError `iso-no-menu` (refused). */
export async function mainMenu(image: Image): Promise<string> {
  const menus = await findMenus(image.iso);
  const main = menus.find(({ menu, includedBy }) => menu.loader === 'grub' && includedBy === undefined);
  if (main === undefined)
    throw refused('iso-no-menu', 'The image has no grub.cfg that GRUB would read', {
      details: menus.map(({ path }) => `its menu is /${path}`),
      hint: 'To replace another menu, use --remove and --add.',
    });
  return main.path;
}

export interface EditedMenus {
  readonly files: FileChange[];
  readonly notes: string[];
  /** Bytes of the image in volumes that a UEFI reads. */
  readonly efi: readonly PlacedBytes[];
  /** The same change in an image that was written anew. */
  readonly efiAgain:
    | ((image: Pick<Image, 'source' | 'efiImages' | 'hybrid'>) => Promise<EfiEdit>)
    | undefined;
}

/**
 * The menus that change. `changed` says what else happens to a file. Throws OpsError (refused) `iso-no-menu`,
 * `iso-no-entry`, `karg-not-found`, `iso-not-bhojpur`; and what editing a menu throws.
 */
export async function editedMenus(
  image: Image,
  request: MenuRequest,
  changed: (path: string) => FileChange | undefined,
): Promise<EditedMenus> {
  const menus = (await findMenus(image.iso)).map((file): MenuFile => {
    const content = changed(file.path)?.content;
    return content?.kind === 'bytes'
      ? { ...file, bytes: content.bytes, menu: readMenu(file.menu.loader, content.bytes, file.context) }
      : file;
  });
  const places = await efiPlaces(image.source, image.efiImages, image.hybrid);
  const apart = await loaderMenus(
    image.source,
    places.map(({ offset }) => offset),
  );
  if ([...menus, ...apart].every(({ menu }) => menu.entries.length + menu.loose.length === 0)) throw noMenu();
  const edited = new Map(menus.map(({ path, bytes }) => [path, bytes]));
  const words = editOf(request);
  const result =
    words === undefined
      ? undefined
      : await editKernels(image, { menus, apart, places }, request, words, edited);
  if (result !== undefined && result.lines === 0 && result.notes.length === 0) throw noMenu();
  if (request.install !== undefined) editInstallation(menus, request.install, edited);
  const files = menus
    .filter(({ path, bytes }) => Buffer.compare(bytes, edited.get(path) ?? bytes) !== 0)
    .map(
      ({ path }): FileChange => ({
        path,
        isMenu: true,
        content: { kind: 'bytes', bytes: edited.get(path) as Uint8Array },
      }),
    );
  return { efi: [], efiAgain: undefined, ...result, files, notes: notesOf(result) };
}

function notesOf(result: { lines: number; notes: readonly string[] } | undefined): string[] {
  if (result === undefined) return [];
  const { lines, notes } = result;
  return [lines === 1 ? 'One kernel line was changed.' : `${lines} kernel lines were changed.`, ...notes];
}

/** Undefined when no arguments are asked for. */
const editOf = (request: MenuRequest): ArgumentEdit | undefined =>
  changesArguments(request)
    ? { ...argumentEdit(request), afterSeparator: request.afterSeparator === true }
    : undefined;

interface Starters {
  readonly menus: readonly MenuFile[];
  /** In volumes that a UEFI reads. */
  readonly apart: readonly LoaderMenu[];
  readonly places: readonly EfiPlace[];
}

async function editKernels(
  image: Image,
  { menus, apart, places }: Starters,
  { entry: name }: MenuRequest,
  edit: ArgumentEdit,
  edited: Map<string, Uint8Array>,
) {
  const isNamed = ({ title, id }: MenuEntry) => title === name || id === name;
  if (name !== undefined && ![...menus, ...apart].some(({ menu }) => menu.entries.some(isNamed)))
    throw noEntry([...menus, ...apart], name);
  const chosen = name === undefined ? undefined : isNamed;
  const missing = new Set([...(edit.remove ?? []), ...(edit.replace ?? []).map(({ from }) => from)]);
  const count = (found: ReadonlyMap<string, number>) => {
    for (const [word, times] of found) if (times > 0) missing.delete(word);
  };
  let lines = 0;
  const reached = new Set<BootLoader>();
  for (const { path, menu, context } of menus) {
    const bytes = edited.get(path) as Uint8Array;
    const result = editArguments(menu.loader, bytes, edit, { chosen, context });
    count(result.found);
    lines += result.lines;
    if (result.lines > 0) reached.add(menu.loader);
    edited.set(path, result.bytes);
  }
  const again = async (other: Pick<Image, 'source' | 'efiImages' | 'hybrid'>): Promise<EfiEdit> => {
    // Few images have such menus, and writing FAT takes a library.
    const { editedEfi } = await import('../efi/edit.ts');
    const theirs = other === image ? places : await efiPlaces(other.source, other.efiImages, other.hybrid);
    return editedEfi(other.source, theirs, { edit, chosen });
  };
  const efi = apart.length === 0 ? undefined : await again(image);
  count(efi?.found ?? new Map());
  if (missing.size > 0) throw notFound(missing, name);
  const isWhole = name === undefined && (edit.append ?? []).length > 0;
  const own = isWhole && lines > 0 ? unreached(image, reached, places, efi) : [];
  return {
    lines: lines + (efi?.lines ?? 0),
    notes: [...(efi?.notes ?? []), ...own],
    efi: efi?.pieces ?? [],
    efiAgain: efi === undefined ? undefined : again,
  };
}

/** Firmware that starts the image by something whose menu is not known. */
function unreached(
  { bootImages, efiImages }: Image,
  reached: ReadonlySet<BootLoader>,
  places: readonly EfiPlace[],
  efi: EfiEdit | undefined,
): string[] {
  const hasBios = bootImages.some((offset) => offset > 0 && !efiImages.includes(offset));
  const byEfi = efi !== undefined && efi.lines + efi.notes.length > 0;
  const note = (firmware: string, loaders: string) =>
    `${firmware} may start without this change: no menu of ${loaders} was found for it.`;
  return [
    ...(hasBios && !reached.has('isolinux') && !reached.has('grub')
      ? [note('A BIOS', 'ISOLINUX or GRUB')]
      : []),
    ...(places.length > 0 && !byEfi && !reached.has('grub') ? [note('UEFI', 'GRUB or systemd-boot')] : []),
  ];
}

const notFound = (missing: ReadonlySet<string>, name: string | undefined) =>
  refused(
    'karg-not-found',
    `No ${name === undefined ? '' : 'such '}menu entry has the argument ${[...missing].join(', ')}`,
    {
      hint: '`opsctl iso inspect` lists the arguments of each entry.',
    },
  );

/** The installer's entry gets the settings and starts by itself. */
function editInstallation(
  menus: readonly MenuFile[],
  settings: NonNullable<MenuRequest['install']>,
  edited: Map<string, Uint8Array>,
): void {
  const words = installWords(settings);
  const isInstaller = ({ kernels }: MenuEntry) =>
    kernels.some((line) => line.arguments.some(({ word }) => word === installWord));
  const [entry] = menus.flatMap(({ menu }) => menu.entries.filter(isInstaller));
  if (entry === undefined)
    throw refused(
      'iso-not-bhojpur',
      '--install is for Bhojpur OS images, and this one does not have that installer',
      {
        hint: `No menu entry has ${installWord}. For another installer, give its arguments with --append-karg.`,
      },
    );
  for (const { path, menu, includedBy, context } of menus) {
    const bytes = edited.get(path) as Uint8Array;
    const result = editArguments(menu.loader, bytes, { append: words }, { chosen: isInstaller, context });
    const first = includedBy === undefined && (result.lines > 0 || menu.default !== undefined);
    const choice = { reference: entry.reference, timeout: installTimeout, first };
    edited.set(path, chooseEntry(menu.loader, result.bytes, choice));
  }
}

/** `bos.install.silent` and each setting, checked by the table of keys. */
export function installWords(settings: NonNullable<MenuRequest['install']>): string[] {
  const given = settings.some(({ name }) => name === 'silent') ? [] : ['bos.install.silent'];
  const words = settings.map(({ name, value }) =>
    value === undefined ? `bos.install.${name}` : `bos.install.${name}=${escapeValue(value)}`,
  );
  for (const word of words) {
    const { diagnostics, others } = parseCommandLine(quoteKernelWord(word), '--install');
    if (others.length > 0)
      throw usage('install-setting', `--install: ${word.slice(12)} is not an installer setting`, {
        hint: 'docs/configuration.md lists them: bos.install.device, bos.install.config_url and others.',
      });
    requireValid(diagnostics);
  }
  return [...given, ...words];
}

const noMenu = () =>
  refused('iso-no-menu', 'The image has no boot menu with kernels to change', {
    hint: 'opsctl looks for the menus of GRUB, ISOLINUX and systemd-boot. Other files can still be added with --add.',
  });

const noEntry = (menus: readonly Pick<MenuFile, 'menu'>[], name: string) =>
  refused('iso-no-entry', `No menu entry is called ${name}`, {
    details: menus.flatMap(({ menu }) =>
      menu.entries.map(({ title, id }) => (id === undefined || id === title ? title : `${title} (${id})`)),
    ),
    hint: 'Give the title or the id of one of these.',
  });
