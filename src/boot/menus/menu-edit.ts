/**
 * Changes the kernel arguments of all entries of a boot loader's menu, or of some, and leaves every other byte of the
 * file as it is. Pure.
 */

import { quoteKernelWord } from '../../config/command-line/kernel-arguments.ts';
import { refused, usage } from '../../errors.ts';
import { pushAll } from '../../formats/long-lists.ts';
import { commandLineLimit, grubWord } from '../command-line.ts';
import { readCommandLine, readEntryFile } from './entry-file.ts';
import { readGrubMenu } from './grub-menu.ts';
import { readIsolinuxMenu } from './isolinux-menu.ts';
import { applied, type Change, latin1 } from './menu-changes.ts';
import {
  type BootLoader,
  isSeparator,
  type KernelLine,
  type Menu,
  type MenuArgument,
  type MenuContext,
  type MenuEntry,
} from './menus.ts';

/** Words without quotes, as a kernel gets them: `name=value with spaces`. */
export interface ArgumentEdit {
  readonly append?: readonly string[];
  /** Every argument that is exactly this. */
  readonly remove?: readonly string[];
  /** Every argument that is exactly `from`, where it stands. */
  readonly replace?: readonly { readonly from: string; readonly to: string }[];
  /** Only behind the `---` of lines that have one, and at their end; else new arguments go before it. */
  readonly afterSeparator?: boolean;
}

export interface EditedMenu {
  readonly bytes: Uint8Array;
  /** Kernel lines that were changed. */
  readonly lines: number;
  /** How often each word of `remove`, and each `from`, was found. */
  readonly found: ReadonlyMap<string, number>;
}

export interface EditOptions {
  /** When left out, every kernel line of the file is changed. */
  readonly chosen?: ((entry: MenuEntry) => boolean) | undefined;
  /** What the other files of the menu say. */
  readonly context?: MenuContext | undefined;
}

const readers: Readonly<Record<BootLoader, (bytes: Uint8Array, context?: MenuContext) => Menu>> = {
  grub: readGrubMenu,
  isolinux: readIsolinuxMenu,
  'systemd-boot': readEntryFile,
  'unified-kernel': readCommandLine,
};

export const readMenu = (loader: BootLoader, bytes: Uint8Array, context?: MenuContext): Menu =>
  readers[loader](bytes, context);

/**
 * Changes arguments. Throws OpsError (usage) `argument-not-for-grub`, `argument-not-for-menu` for words that the
 * loader does not carry to the kernel unchanged, `command-line-too-long`.
 */
export function editArguments(
  loader: BootLoader,
  bytes: Uint8Array,
  edit: ArgumentEdit,
  { chosen, context }: EditOptions = {},
): EditedMenu {
  const menu = readMenu(loader, bytes, context);
  const quote = (word: string) => latin1(loader === 'grub' ? grubWord(word) : plainWord(word));
  // What cannot be written is refused, whether or not a line takes it.
  for (const word of edit.append ?? []) quote(word);
  const found = new Map(
    [...(edit.remove ?? []), ...(edit.replace ?? []).map(({ from }) => from)].map((word) => [word, 0]),
  );
  const entries = chosen === undefined ? menu.entries : menu.entries.filter(chosen);
  const kernels = [...entries.flatMap((entry) => entry.kernels), ...(chosen ? [] : menu.loose)];
  const changes: Change[] = [];
  const expected = new Map<KernelLine, readonly (string | undefined)[]>();
  let lines = 0;
  for (const line of kernels) {
    // What it takes over is changed where it stands for all entries.
    if (line.inherited !== undefined && chosen === undefined) continue;
    const before = changes.length;
    const words = changedWords(line, edit, found);
    pushAll(changes, line.inherited === undefined ? inLine(line, edit, quote) : ownLine(line, words, quote));
    if (changes.length > before) {
      lines += 1;
      expected.set(line, words);
      requireShort(loader, line, words);
    }
  }
  if (lines === 0) return { bytes, lines, found };
  if (loader === 'grub') changes.push(...ownEntryFirst(bytes));
  const edited = applied(bytes, changes);
  requireSame(menu, readMenu(loader, edited, context), expected);
  return { bytes: edited, lines, found };
}

/** A medium of ours whose arguments are changed has a purpose: it no longer starts what is installed first. */
function ownEntryFirst(bytes: Uint8Array): Change[] {
  const before = 'set bos_disk_first=';
  const found = Buffer.from(bytes).indexOf(`\n${before}yes\n`, 0, 'latin1');
  const start = found + 1 + before.length;
  return found < 0 ? [] : [{ start, end: start + 'yes'.length, text: 'no' }];
}

/** From where on arguments are removed and replaced: everywhere, or behind the separator. */
function firstTouched(words: readonly (string | undefined)[], { afterSeparator }: ArgumentEdit): number {
  return afterSeparator === true ? words.findIndex(isSeparator) + 1 : 0;
}

const wordsOf = (line: KernelLine): readonly (string | undefined)[] =>
  line.inherited ?? line.arguments.map(({ word }) => word);

/** The arguments of a line as they are to be; counts what was found. */
function changedWords(
  line: KernelLine,
  edit: ArgumentEdit,
  found: Map<string, number>,
): (string | undefined)[] {
  const old = wordsOf(line);
  const first = firstTouched(old, edit);
  const kept = old.flatMap((word, index) => {
    if (word === undefined || index < first) return [word];
    if (found.has(word)) found.set(word, (found.get(word) ?? 0) + 1);
    return edit.remove?.includes(word) ? [] : [replacementOf(word, edit) ?? word];
  });
  if (line.continued) return kept;
  const separator = edit.afterSeparator ? -1 : kept.findIndex(isSeparator);
  kept.splice(separator < 0 ? kept.length : separator, 0, ...(edit.append ?? []));
  return kept;
}

const replacementOf = (word: string, { replace }: ArgumentEdit): string | undefined =>
  replace?.find(({ from }) => from === word)?.to;

/** A line of its own for what was said for all entries, with the change. */
const ownLine = (
  { more: { start, end, before, after } }: KernelLine,
  words: readonly (string | undefined)[],
  quote: (word: string) => string,
): Change[] => [{ start, end, text: `${before}${words.map((word) => quote(word ?? '')).join(' ')}${after}` }];

function inLine(line: KernelLine, edit: ArgumentEdit, quote: (word: string) => string): Change[] {
  const changes: Change[] = [];
  const first = firstTouched(wordsOf(line), edit);
  const gone = new Set<MenuArgument>();
  for (const [index, argument] of line.arguments.entries()) {
    const { word, start, end } = argument;
    if (word === undefined || index < first) continue;
    const to = replacementOf(word, edit);
    if (edit.remove?.includes(word)) {
      changes.push(removal(line, index));
      gone.add(argument);
    } else if (to !== undefined) changes.push({ start, end, text: quote(to) });
  }
  const added = (edit.append ?? []).map(quote).join(' ');
  if (added !== '' && !line.continued) changes.push(insertion(line, added, gone, edit));
  return changes;
}

/** Where new arguments go: before the separator, else behind all others. */
function insertion(
  line: KernelLine,
  added: string,
  gone: ReadonlySet<MenuArgument>,
  { afterSeparator }: ArgumentEdit,
): Change {
  const kept = line.arguments.filter((argument) => !gone.has(argument));
  const index = afterSeparator ? -1 : kept.findIndex(({ word }) => isSeparator(word));
  const separator = kept[index];
  if (separator !== undefined) {
    // White space before the separator stays where it is.
    const place =
      kept[index - 1]?.end ?? (line.more.before === ' ' && line.inOneLine ? line.start : undefined);
    return place === undefined
      ? { start: separator.start, end: separator.start, text: `${added} ` }
      : { start: place, end: place, text: ` ${added}` };
  }
  const { start, end, before, after } = line.more;
  const space =
    !line.inOneLine && line.arguments.length > 0 && kept.length === 0 && before === ' ' ? '' : before;
  return { start, end, text: `${space}${added}${after}` };
}

/** Reads the result back: a menu that this reader misunderstands, such as one with an open quote, is refused. */
function requireSame(before: Menu, after: Menu, expected: ReadonlyMap<KernelLine, readonly unknown[]>): void {
  const [old, now] = [before, after].map(({ entries, loose }) => [
    ...entries.flatMap(({ kernels }) => kernels),
    ...loose,
  ]);
  const wrong = (old ?? []).filter((line, index) => {
    // What it takes over has changed where it stands.
    if (line.inherited !== undefined && !expected.has(line)) return false;
    const wanted = expected.get(line) ?? wordsOf(line);
    const seen = now?.[index] === undefined ? [] : wordsOf(now[index]);
    return seen.length !== wanted.length || seen.some((word, position) => word !== wanted[position]);
  });
  if (old?.length === now?.length && wrong.length === 0) return;
  throw refused('menu-not-understood', 'A boot menu cannot be changed safely', {
    details: wrong.map(({ kernel }) => `the arguments of ${kernel} would not read back as written`),
    hint: 'Look for a quote that is never closed, or give the whole menu with --grub-cfg.',
  });
}

/** The argument and the white space before it; the first one of a line of its own takes that after it along. */
function removal({ arguments: all, start }: KernelLine, index: number): Change {
  const argument = all[index] as MenuArgument;
  const from = all[index - 1]?.end ?? start;
  const end = from === argument.start ? (all[index + 1]?.start ?? argument.end) : argument.end;
  return { start: from, end, text: '' };
}

/** As quoteKernelWord; letters beyond ASCII are refused too, since the kernel takes some of their bytes for spaces. */
function plainWord(word: string): string {
  if (/[^\x20-\x7e]/.test(word)) {
    throw usage('argument-not-for-menu', 'The boot loader cannot pass a kernel argument unchanged', {
      details: [word],
      hint: String.raw`Leave out letters beyond ASCII, or write them as \xHH in a value of Bhojpur OS.`,
    });
  }
  return quoteKernelWord(word);
}

/** What GRUB puts before the arguments counts too: BOOT_IMAGE=… */
function requireShort(loader: BootLoader, { kernel }: KernelLine, words: readonly (string | undefined)[]) {
  const size = words.reduce(
    (sum, word = '') => sum + Buffer.byteLength(word) + (word.includes(' ') ? 3 : 1),
    0,
  );
  const whole = size + Buffer.byteLength(kernel) + (loader === 'grub' ? 'BOOT_IMAGE='.length : 0);
  if (whole < commandLineLimit) return;
  throw usage('command-line-too-long', `The kernel reads only ${commandLineLimit - 1} bytes of arguments`, {
    details: [`${kernel} would get ${whole}`],
    hint: 'Put the configuration into a file: --config, or bos.install.config_url.',
  });
}
