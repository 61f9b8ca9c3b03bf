/** Reads grub.cfg as a menu. */
import { type GrubCommand, type GrubWord, parseGrubScript } from '../../formats/boot-config/grub-script.ts';
import { looksLikeLinux } from './isolinux-lines.ts';
import type { KernelLine, Menu, MenuArgument, MenuEntry } from './menus.ts';

/** Also `$linux` and `linux$suffix`, as live media write for loaders that differ between firmwares. */
const isKernelCommand = (name: string): boolean =>
  /^(?:linux|linuxefi|linux16|linux32)$|^linux\$\{\w+\}$/.test(name) ||
  (/^\$\{\w+\}$/.test(name) && name.includes('linux'));
/** Linux beside a hypervisor, which `multiboot2` or its like starts: the module that is a kernel. */
const moduleCommand = /^(module2?|xen_module)$/;
const includeCommand = new Set(['source', '.', 'configfile', 'normal', 'legacy_configfile']);

export function readGrubMenu(bytes: Uint8Array): Menu {
  const commands = parseGrubScript(Buffer.from(bytes).toString('latin1'));
  const kernels = new Map<GrubCommand | undefined, KernelLine[]>();
  const includes: string[] = [];
  const settings = new Map<string, string>();
  for (const command of commands) {
    const name = command.words[0]?.pattern ?? '';
    if (command.words.length > 1 && (isKernelCommand(name) || isLinuxModule(command))) {
      const entry = entryAround(command);
      const lines = kernels.get(entry) ?? [];
      lines.push(kernelLine(command));
      kernels.set(entry, lines);
    }
    if (includeCommand.has(name)) includes.push(...command.words.slice(1, 2).map(({ pattern }) => pattern));
    const set = assignment(command);
    if (set !== undefined && entryAround(command) === undefined) settings.set(set.name, set.value);
  }
  const timeout = settings.get('timeout');
  return {
    loader: 'grub',
    entries: commands.filter(isEntry).map((command) => entryOf(command, kernels.get(command) ?? [])),
    loose: kernels.get(undefined) ?? [],
    default: settings.get('default'),
    timeout: timeout !== undefined && /^-?\d+$/.test(timeout) ? Number(timeout) : undefined,
    includes,
  };
}

/** `set name=value` or `name=value`. */
export function assignment(
  command: GrubCommand,
): { readonly name: string; readonly value: string; readonly word: GrubWord } | undefined {
  const [first, second] = command.words;
  const word = first?.pattern === 'set' ? second : first;
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word?.pattern ?? '') ?? [];
  return word === undefined || name === undefined ? undefined : { name, value: value ?? '', word };
}

/** The command is a menuentry. */
export const isEntry = (command: GrubCommand): boolean => command.words[0]?.pattern === 'menuentry';
const entryAround = ({ parents }: GrubCommand): GrubCommand | undefined => parents.findLast(isEntry);
const isSubmenu = (command: GrubCommand): boolean => command.words[0]?.pattern === 'submenu';

function isLinuxModule({ words }: GrubCommand): boolean {
  if (!moduleCommand.test(words[0]?.pattern ?? '')) return false;
  const file = words.find(({ pattern }, index) => index > 0 && !pattern.startsWith('--'));
  return looksLikeLinux(file?.pattern ?? '');
}

function kernelLine({ words }: GrubCommand): KernelLine {
  // Options of the command itself come before the file: `module2 --nounzip`.
  const first = words.findIndex(({ pattern }, index) => index > 0 && !pattern.startsWith('--'));
  const [kernel, ...rest] = words.slice(first < 0 ? words.length : first);
  const end = words.at(-1)?.end ?? 0;
  return {
    kernel: kernel?.pattern ?? '',
    arguments: rest.map(({ value, start, end }): MenuArgument => ({ word: value, start, end })),
    start: kernel?.end ?? end,
    inOneLine: true,
    more: { start: end, end, before: ' ', after: '' },
  };
}

function entryOf(command: GrubCommand, kernels: readonly KernelLine[]): MenuEntry {
  const names = [...command.parents.filter(isSubmenu), command].map(titleAndId);
  const { title, id } = titleAndId(command);
  // grub-core/normal/menu.c: `>` leads into a submenu, `>>` is one in a title.
  const reference = names.map((name) => (name.id ?? name.title).replaceAll('>', '>>')).join('>');
  return { title, id, reference, kernels };
}

/** Options of menuentry that take a value (grub-core/commands/menuentry.c). */
const withValue = new Set(['--class', '--users', '--hotkey', '--source', '--id']);

function titleAndId({ words }: GrubCommand): { title: string; id: string | undefined } {
  let title: string | undefined;
  let id: string | undefined;
  for (let index = 1; index < words.length; index += 1) {
    const text = words[index]?.pattern ?? '';
    const value = words[index + 1]?.pattern;
    if (text === '--id') id = value;
    else if (text.startsWith('--id=')) id = text.slice(5);
    // Menus of grub-mkconfig say `$menuentry_id_option 'ID'`, which old versions do not know as --id.
    else if (text === '${menuentry_id_option}') id = value;
    if (withValue.has(text) || text === '${menuentry_id_option}') index += 1;
    else if (!text.startsWith('--')) title ??= text;
  }
  return { title: title ?? '', id };
}
