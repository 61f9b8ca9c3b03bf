/** Reads isolinux.cfg as a menu. */
import { type IsolinuxLine, parseIsolinux } from '../../formats/boot-config/isolinux-cfg.ts';
import { argumentsOf, automaticStart, moduleKernel } from './isolinux-lines.ts';
import type { KernelLine, Menu, MenuContext, MenuEntry } from './menus.ts';

/** Programs of Syslinux, boot sectors and disk images: arguments for a kernel mean nothing to them. */
const noKernel = /\.(c32|com|cbt|bs|bss|bin|img|0)$|(^|\/)memdisk$/i;
const menuProgram = /(^|\/)(vesa)?menu\.c32$/i;
/** Each says what a label starts, and the last one counts (Syslinux wiki, "KERNEL"). */
const starters = new Set(
  ['kernel', 'linux', 'boot', 'bss', 'pxe', 'fdimage', 'comboot', 'com32'].concat('config', 'localboot'),
);
const includes = new Set(['include', 'menu include', 'config']);

interface Section {
  readonly label: IsolinuxLine;
  readonly lines: readonly IsolinuxLine[];
  /** The `append` for all entries of the submenu that it is in. */
  readonly global: IsolinuxLine | undefined;
}

interface Sections {
  /** Outside of all labels. */
  readonly head: readonly IsolinuxLine[];
  readonly sections: readonly Section[];
}

/** `context` is what the other files of the same menu say. */
export function readIsolinuxMenu(bytes: Uint8Array, context?: MenuContext): Menu {
  const { head, sections } = sectionsOf(bytes);
  const all = [...head, ...sections.flatMap(({ lines }) => lines)];
  const last = (keyword: string) => all.findLast((line) => line.keyword === keyword)?.value;
  const timeout = last('timeout');
  const labels = new Set(sections.map(({ label }) => label.value));
  const isLabel = (name: string) => labels.has(name) || context?.labels.has(name);
  return {
    loader: 'isolinux',
    entries: [
      ...sections.map((section) => entryOf(section, context?.inherited)),
      ...all.flatMap((line) => startOf(line, isLabel)),
    ],
    loose: head
      .filter(({ keyword }) => keyword === 'append')
      .map((line) => ({ kernel: '', ...ofAppend(line) })),
    default: menuDefault(sections) ?? last('default'),
    timeout: timeout !== undefined && /^\d+$/.test(timeout) ? Number(timeout) / 10 : undefined,
    includes: all
      .filter(({ keyword }) => includes.has(keyword))
      .map(({ value }) => value.split(/[ \t]/)[0] ?? '')
      .concat(sections.flatMap(otherMenu)),
  };
}

/** The names by which command lines start entries of this file. */
export const isolinuxLabels = (menu: Menu): string[] =>
  menu.loader === 'grub' ? [] : menu.entries.flatMap(({ id }) => (id === undefined ? [] : [id]));

/** What starts by itself, or when something is missing: a command line of its own, without a label. */
function startOf(line: IsolinuxLine, isLabel: (name: string) => boolean | undefined): MenuEntry[] {
  const start = automaticStart(line);
  if (start === undefined || isLabel(start.kernel) || noKernel.test(start.kernel)) return [];
  return [{ title: line.keyword, id: undefined, reference: start.command, kernels: [start] }];
}

/** The lines outside of labels, and those of each label; a submenu ends the label before it; help texts are left out. */
export function sectionsOf(bytes: Uint8Array): Sections {
  const head: IsolinuxLine[] = [];
  const sections: (Section & { lines: IsolinuxLine[] })[] = [];
  const globals: (IsolinuxLine | undefined)[] = [undefined];
  let open: IsolinuxLine[] | undefined;
  let inText = false;
  for (const line of parseIsolinux(Buffer.from(bytes).toString('latin1'))) {
    const { keyword } = line;
    if (inText || keyword === 'text') inText = keyword !== 'endtext';
    else if (keyword === 'label') {
      open = [];
      sections.push({ label: line, lines: open, global: globals.at(-1) });
    } else {
      if (keyword === 'menu begin') globals.push(globals.at(-1));
      // The outermost menu has no end.
      if (keyword === 'menu end' && globals.length > 1) globals.pop();
      if (keyword === 'menu begin' || keyword === 'menu end') open = undefined;
      (open ?? head).push(line);
      if (open === undefined && keyword === 'append') globals[globals.length - 1] = line;
    }
  }
  return { head, sections };
}

const menuDefault = (sections: readonly Section[]): string | undefined =>
  sections.findLast(({ lines }) => lines.some(({ keyword }) => keyword === 'menu default'))?.label.value;

/** `kernel vesamenu.c32` with `append more.cfg` shows another menu. */
function otherMenu({ lines }: Section): string[] {
  const program = lines.findLast(({ keyword }) => keyword === 'kernel' || keyword === 'com32');
  const append = lines.findLast(({ keyword }) => keyword === 'append');
  if (program === undefined || !menuProgram.test(program.value) || append === undefined) return [];
  return append.value.split(/[ \t]+/).filter((word) => /\.(cfg|conf)$/i.test(word));
}

function entryOf({ label, lines, global }: Section, others: readonly string[] | undefined): MenuEntry {
  const shown = lines.findLast(({ keyword }) => keyword === 'menu label')?.value;
  const start = lines.findLast(({ keyword }) => starters.has(keyword));
  const append = lines.findLast(({ keyword }) => keyword === 'append');
  return {
    title: shown?.replace(/\^/, '') ?? label.value,
    id: label.value,
    reference: label.value,
    kernels: start === undefined ? [] : kernelsOf(start, append, inheritedOf(global) ?? others),
  };
}

/** `append -` for all entries says nothing for any. */
const inheritedOf = (global: IsolinuxLine | undefined): readonly string[] | undefined =>
  global === undefined
    ? undefined
    : global.value === '-'
      ? []
      : argumentsOf(global.raw, 0).map(({ word }) => word ?? '');

function kernelsOf(
  start: IsolinuxLine,
  append: IsolinuxLine | undefined,
  inherited: readonly string[] | undefined,
): KernelLine[] {
  const { keyword, value } = start;
  if (keyword === 'linux' || (keyword === 'kernel' && !noKernel.test(value)))
    return [
      { kernel: value, ...(append === undefined ? withoutAppend(start, inherited) : ofAppend(append)) },
    ];
  if (keyword !== 'kernel' && keyword !== 'com32') return [];
  const inside = append && moduleKernel(value, append);
  return inside === undefined ? [] : [inside];
}

/** An `append -` keeps the arguments for all entries away (Syslinux wiki, "APPEND"). */
function ofAppend(line: IsolinuxLine): Pick<KernelLine, 'arguments' | 'start' | 'more'> {
  const { valueStart, end, value, raw } = line;
  if (value === '-')
    return { arguments: [], start: valueStart, more: { start: valueStart, end, before: '', after: '' } };
  return {
    arguments: argumentsOf(raw, valueStart),
    start: valueStart,
    more: { start: end, end, before: ' ', after: '' },
  };
}

/** A line of its own for an entry that had none. */
function withoutAppend(start: IsolinuxLine, inherited: readonly string[] | undefined) {
  return {
    arguments: [],
    start: start.end,
    ...(inherited === undefined || inherited.length === 0 ? {} : { inherited }),
    more: {
      start: start.end,
      end: start.end,
      before: `${start.eol || '\n'}${start.indent}append `,
      after: '',
    },
  };
}
