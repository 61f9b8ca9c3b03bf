/** Kernel arguments and the unattended installation, in every menu that an image carries. */
import { kernelWords } from '../../boot/command-line.ts';
import { chooseEntry } from '../../boot/menus/menu-choice.ts';
import { editArguments, readMenu } from '../../boot/menus/menu-edit.ts';
import type { MenuEntry } from '../../boot/menus/menus.ts';
import { parseCommandLine } from '../../config/command-line/command-line.ts';
import { escapeValue, quoteKernelWord } from '../../config/command-line/kernel-arguments.ts';
import { requireValid } from '../../config/diagnostics.ts';
import { refused, usage } from '../../errors.ts';
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

/**
 * The menus that change. `changed` says what else happens to a file. Throws OpsError (refused) `iso-no-menu`,
 * `iso-no-entry`, `karg-not-found`, `iso-not-bhojpur`; and what editing a menu throws.
 */
export async function editedMenus(
  image: Image,
  request: MenuRequest,
  changed: (path: string) => FileChange | undefined,
): Promise<{ files: FileChange[]; notes: string[] }> {
  const menus = (await findMenus(image.iso)).map((file): MenuFile => {
    const content = changed(file.path)?.content;
    return content?.kind === 'bytes'
      ? { ...file, bytes: content.bytes, menu: readMenu(file.menu.loader, content.bytes, file.context) }
      : file;
  });
  const apart = await loaderMenus(image.source, image.efiImages);
  if (menus.every(({ menu }) => menu.entries.length + menu.loose.length === 0)) throw noMenu(apart);
  const edited = new Map(menus.map(({ path, bytes }) => [path, bytes]));
  const lines = editKernels(menus, request, edited);
  if (lines === 0) throw noMenu(apart);
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
  return {
    files,
    notes: [
      ...(lines === undefined
        ? []
        : [lines === 1 ? 'One kernel line was changed.' : `${lines} kernel lines were changed.`]),
      ...apart.map(
        ({ path }) =>
          `The UEFI boot image starts kernels from a menu of its own, /${path}, which was not changed: ` +
          'kernels started from there do not get this change.',
      ),
    ],
  };
}

/** How many kernel lines were changed; undefined when no arguments are asked for. */
function editKernels(
  menus: readonly MenuFile[],
  request: MenuRequest,
  edited: Map<string, Uint8Array>,
): number | undefined {
  const edit = {
    append: request.append.flatMap(kernelWords),
    remove: request.delete.flatMap(kernelWords),
    replace: request.replace.map((replacement) => ({
      from: oneWord(replacement.old),
      to: oneWord(replacement.new),
    })),
    afterSeparator: request.afterSeparator === true,
  };
  if (edit.append.length + edit.remove.length + edit.replace.length === 0) return undefined;
  const { entry: name } = request;
  const isNamed = ({ title, id }: MenuEntry) => title === name || id === name;
  if (name !== undefined && !menus.some(({ menu }) => menu.entries.some(isNamed))) throw noEntry(menus, name);
  const missing = new Set([...edit.remove, ...edit.replace.map(({ from }) => from)]);
  let lines = 0;
  const chosen = name === undefined ? undefined : isNamed;
  for (const { path, menu, context } of menus) {
    const bytes = edited.get(path) as Uint8Array;
    const result = editArguments(menu.loader, bytes, edit, { chosen, context });
    for (const [word, count] of result.found) if (count > 0) missing.delete(word);
    lines += result.lines;
    edited.set(path, result.bytes);
  }
  if (missing.size > 0)
    throw refused(
      'karg-not-found',
      `No ${name === undefined ? '' : 'such '}menu entry has the argument ${[...missing].join(', ')}`,
      {
        hint: '`opsctl iso inspect` lists the arguments of each entry.',
      },
    );
  return lines;
}

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

function oneWord(text: string): string {
  const [word, ...more] = kernelWords(text);
  if (word === undefined || more.length > 0)
    throw usage('karg-replacement', `--replace-karg: ${text} is not one argument`, {
      hint: 'Put quotes around a value with spaces: name="two words".',
    });
  return word;
}

const noMenu = (apart: readonly LoaderMenu[] = []) =>
  refused('iso-no-menu', 'The image has no boot menu with kernels to change', {
    details: apart.map(({ path }) => `/${path} is inside the UEFI boot image, which is not changed`),
    hint: 'opsctl looks for grub.cfg and isolinux.cfg. Other files can still be added with --add.',
  });

const noEntry = (menus: readonly MenuFile[], name: string) =>
  refused('iso-no-entry', `No menu entry is called ${name}`, {
    details: menus.flatMap(({ menu }) =>
      menu.entries.map(({ title, id }) => (id === undefined || id === title ? title : `${title} (${id})`)),
    ),
    hint: 'Give the title or the id of one of these.',
  });
