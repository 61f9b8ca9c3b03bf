/** Which entry of a menu starts by itself and when; every other byte of the file stays as it is. Pure. */
import { grubText, parseGrubScript } from '../../formats/boot-config/grub-script.ts';
import type { IsolinuxLine } from '../../formats/boot-config/isolinux-cfg.ts';
import { assignment, isEntry } from './grub-menu.ts';
import { sectionsOf } from './isolinux-menu.ts';
import { applied, type Change, latin1 } from './menu-changes.ts';
import type { BootLoader } from './menus.ts';

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
  if (loader === 'grub') return applied(bytes, grubChoice(bytes, choice));
  // Each entry of systemd-boot is a file of its own, and which one starts is said elsewhere.
  return loader === 'isolinux' ? applied(bytes, isolinuxChoice(bytes, choice)) : bytes;
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
