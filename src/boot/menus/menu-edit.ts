/**
 * Changes a boot loader's menu and leaves every other byte of the file as it is: kernel arguments of all entries or of
 * some, and which entry starts by itself and when. Pure.
 */

import { quoteKernelWord } from '../../config/command-line/kernel-arguments.ts';
import { refused, usage } from '../../errors.ts';
import { grubText, parseGrubScript } from '../../formats/boot-config/grub-script.ts';
import type { IsolinuxLine } from '../../formats/boot-config/isolinux-cfg.ts';
import { commandLineLimit, grubWord } from '../command-line.ts';
import { assignment, isEntry, readGrubMenu } from './grub-menu.ts';
import { readIsolinuxMenu, sectionsOf } from './isolinux-menu.ts';
import type { BootLoader, KernelLine, Menu, MenuArgument, MenuEntry } from './menus.ts';

/** Words without quotes, as a kernel gets them: `name=value with spaces`. */
export interface ArgumentEdit {
  readonly append?: readonly string[];
  /** Every argument that is exactly this. */
  readonly remove?: readonly string[];
  /** Every argument that is exactly `from`, where it stands. */
  readonly replace?: readonly { readonly from: string; readonly to: string }[];
}

export interface EditedMenu {
  readonly bytes: Uint8Array;
  /** Kernel lines that were changed. */
  readonly lines: number;
  /** How often each word of `remove`, and each `from`, was found. */
  readonly found: ReadonlyMap<string, number>;
}

/** Instead of the bytes from `start` to `end`: `text`, a character for each byte. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const readMenu = (loader: BootLoader, bytes: Uint8Array): Menu =>
  loader === 'grub' ? readGrubMenu(bytes) : readIsolinuxMenu(bytes);

/**
 * Changes the arguments of the entries that `chosen` picks; when left out, of every kernel line of the file. Throws
 * OpsError (usage) `argument-not-for-grub`, `argument-not-for-menu` for words that the loader does not carry to the
 * kernel unchanged, `command-line-too-long`.
 */
export function editArguments(
  loader: BootLoader,
  bytes: Uint8Array,
  edit: ArgumentEdit,
  chosen?: (entry: MenuEntry) => boolean,
): EditedMenu {
  const menu = readMenu(loader, bytes);
  const quote = (word: string) => latin1(loader === 'grub' ? grubWord(word) : isolinuxWord(word));
  const added = (edit.append ?? []).map(quote);
  const replacements = new Map((edit.replace ?? []).map(({ from, to }) => [from, to]));
  const removed = new Set(edit.remove ?? []);
  const found = new Map([...removed, ...replacements.keys()].map((word) => [word, 0]));
  const entries = chosen === undefined ? menu.entries : menu.entries.filter(chosen);
  const kernels = [...entries.flatMap((entry) => entry.kernels), ...(chosen ? [] : menu.loose)];
  const changes: Change[] = [];
  const expected = new Map<KernelLine, readonly (string | undefined)[]>();
  let lines = 0;
  for (const line of kernels) {
    const before = changes.length;
    const words: (string | undefined)[] = [];
    for (const [index, argument] of line.arguments.entries()) {
      const { word, start, end } = argument;
      const to = word === undefined ? undefined : replacements.get(word);
      if (word !== undefined && found.has(word)) found.set(word, (found.get(word) ?? 0) + 1);
      if (word !== undefined && removed.has(word)) changes.push(removal(line, index));
      else if (to !== undefined) changes.push({ start, end, text: quote(to) });
      if (word === undefined || !removed.has(word)) words.push(to ?? word);
    }
    if (added.length > 0) {
      const { start, end, before: lead, after } = line.more;
      const gone = line.arguments.length > 0 && line.arguments.every(({ word }) => removed.has(word ?? ''));
      const space = loader === 'isolinux' && gone && lead === ' ' ? '' : lead;
      changes.push({ start, end, text: `${space}${added.join(' ')}${after}` });
    }
    if (changes.length > before) {
      lines += 1;
      expected.set(line, [...words, ...(edit.append ?? [])]);
      requireShort(loader, line, expected.get(line) ?? []);
    }
  }
  const edited = applied(bytes, changes);
  requireSame(menu, readMenu(loader, edited), expected);
  return { bytes: edited, lines, found };
}

/** Reads the result back: a menu that this reader misunderstands, such as one with an open quote, is refused. */
function requireSame(before: Menu, after: Menu, expected: ReadonlyMap<KernelLine, readonly unknown[]>): void {
  const [old, now] = [before, after].map(({ entries, loose }) => [
    ...entries.flatMap(({ kernels }) => kernels),
    ...loose,
  ]);
  const wordsOf = (line: KernelLine) => line.arguments.map(({ word }) => word);
  // An entry of ISOLINUX that gets a line of its own takes over what was said for all.
  const wrong = (old ?? []).filter((line, index) => {
    const wanted = expected.get(line) ?? wordsOf(line);
    const seen = now?.[index] === undefined ? [] : wordsOf(now[index]);
    const end = seen.slice(seen.length - wanted.length);
    return end.length !== wanted.length || end.some((word, position) => word !== wanted[position]);
  });
  if (old?.length === now?.length && wrong.length === 0) return;
  throw refused('menu-not-understood', 'A boot menu cannot be changed safely', {
    details: wrong.map(({ kernel }) => `the arguments of ${kernel} would not read back as written`),
    hint: 'Look for a quote that is never closed, or give the whole menu with --grub-cfg.',
  });
}

export interface Choice {
  /** The `reference` of the entry, which can stand in another file of the menu. */
  readonly reference: string;
  /** Seconds. */
  readonly timeout: number;
  /** This file is what the loader reads first: what is not set yet is set here. */
  readonly first: boolean;
}

/** Makes an entry start by itself after some seconds. Without `first` only what is there already is changed. */
export function chooseEntry(loader: BootLoader, bytes: Uint8Array, choice: Choice): Uint8Array {
  return applied(bytes, loader === 'grub' ? grubChoice(bytes, choice) : isolinuxChoice(bytes, choice));
}

/** What GRUB runs last counts: the last assignment when nothing can stand in its way, or one more at the end. */
function grubChoice(bytes: Uint8Array, { reference, timeout, first }: Choice): Change[] {
  const text = Buffer.from(bytes).toString('latin1');
  // What is set inside of an entry acts when that is started, and no more on which one is.
  const commands = parseGrubScript(text).filter(({ parents }) => !parents.some(isEntry));
  const changes: Change[] = [];
  const added: string[] = [];
  for (const [name, value] of [
    ['default', grubText(reference)],
    ['timeout', String(timeout)],
  ] as const) {
    const last = commands.findLast((command) => assignment(command)?.name === name);
    const set = last && assignment(last);
    if (last?.unconditional && set)
      changes.push({ start: set.word.start, end: set.word.end, text: latin1(`${name}=${value}`) });
    else if (first || set) added.push(`set ${name}=${latin1(value)}\n`);
  }
  if (added.length > 0) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    changes.push({ start: text.length, end: text.length, text: gap + added.join('') });
  }
  return changes;
}

function isolinuxChoice(bytes: Uint8Array, { reference, timeout, first }: Choice): Change[] {
  const { head, sections } = sectionsOf(bytes);
  const lines = [...head, ...sections.flatMap((section) => [section.label, ...section.lines])];
  const changes: Change[] = [];
  const have = new Set<string>();
  const set = (line: IsolinuxLine, value: string) => {
    have.add(line.keyword);
    const space = line.value === '' ? ' ' : '';
    changes.push({ start: line.valueStart, end: line.end, text: space + latin1(value) });
  };
  for (const line of lines) {
    // The program that draws the menu stays what it is.
    if (line.keyword === 'default' && /\.c32\b/i.test(line.value)) have.add('default');
    else if (line.keyword === 'default' || line.keyword === 'ontimeout') set(line, reference);
    else if (line.keyword === 'timeout') set(line, String(Math.max(1, Math.round(timeout * 10))));
    else if (line.keyword === 'ui') have.add('default');
  }
  for (const { label, lines: own } of sections) {
    const chosen = label.value === reference;
    const mark = own.find(({ keyword }) => keyword === 'menu default');
    if (mark !== undefined && !chosen)
      changes.push({ start: mark.start - mark.indent.length, end: mark.end + mark.eol.length, text: '' });
    if (mark === undefined && chosen) {
      const text = `${label.eol || '\n'}${own[0]?.indent || '  '}menu default`;
      changes.push({ start: label.end, end: label.end, text });
    }
  }
  if (first) {
    const missing = [
      ...(have.has('default') ? [] : [`default ${latin1(reference)}\n`]),
      ...(have.has('timeout') ? [] : [`timeout ${Math.max(1, Math.round(timeout * 10))}\n`]),
    ];
    if (missing.length > 0) changes.push({ start: 0, end: 0, text: missing.join('') });
  }
  return changes;
}

/** The argument and the white space before it; the first one of a line of its own takes that after it along. */
function removal({ arguments: all, start }: KernelLine, index: number): Change {
  const argument = all[index] as MenuArgument;
  const from = all[index - 1]?.end ?? start;
  const end = from === argument.start ? (all[index + 1]?.start ?? argument.end) : argument.end;
  return { start: from, end, text: '' };
}

/** As quoteKernelWord; letters beyond ASCII are refused too, since the kernel takes some of their bytes for spaces. */
function isolinuxWord(word: string): string {
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

function applied(bytes: Uint8Array, changes: readonly Change[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const { start, end, text } of changes.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(bytes.subarray(copied, start), Buffer.from(text, 'latin1'));
    copied = Math.max(copied, end);
  }
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
