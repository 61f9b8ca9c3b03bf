/** Reads isolinux.cfg as a menu. */
import { kernelWord, splitKernelArguments } from '../../config/command-line/kernel-arguments.ts';
import { type IsolinuxLine, parseIsolinux } from '../../formats/boot-config/isolinux-cfg.ts';
import type { KernelLine, Menu, MenuArgument, MenuEntry } from './menus.ts';

/** Programs of Syslinux, boot sectors and disk images: arguments for a kernel mean nothing to them. */
const noKernel = /\.(c32|com|cbt|bs|bss|bin|img|0)$|(^|\/)memdisk$/i;
const menuProgram = /(^|\/)(vesa)?menu\.c32$/i;

interface Section {
  readonly label: IsolinuxLine;
  readonly lines: readonly IsolinuxLine[];
}

export function readIsolinuxMenu(bytes: Uint8Array): Menu {
  const { head, sections } = sectionsOf(bytes);
  const global = head.findLast(({ keyword }) => keyword === 'append');
  const last = (keyword: string) =>
    [...head, ...sections.flatMap(({ lines }) => lines)].findLast((line) => line.keyword === keyword)?.value;
  const timeout = last('timeout');
  return {
    loader: 'isolinux',
    entries: sections.map((section) => entryOf(section, global)),
    loose: global === undefined ? [] : [{ kernel: '', ...ofAppend(global) }],
    default: menuDefault(sections) ?? last('default'),
    timeout: timeout !== undefined && /^\d+$/.test(timeout) ? Number(timeout) / 10 : undefined,
    includes: [...head, ...sections.flatMap(({ lines }) => lines)]
      .filter(({ keyword }) => ['include', 'menu include', 'config'].includes(keyword))
      .map(({ value }) => value.split(/[ \t]/)[0] ?? '')
      .concat(sections.flatMap(otherMenu)),
  };
}

/** The lines before the first label, and those of each label. */
export function sectionsOf(bytes: Uint8Array): { head: IsolinuxLine[]; sections: Section[] } {
  const head: IsolinuxLine[] = [];
  const sections: { label: IsolinuxLine; lines: IsolinuxLine[] }[] = [];
  for (const line of parseIsolinux(Buffer.from(bytes).toString('latin1'))) {
    if (line.keyword === 'label') sections.push({ label: line, lines: [] });
    else (sections.at(-1)?.lines ?? head).push(line);
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

function entryOf({ label, lines }: Section, global: IsolinuxLine | undefined): MenuEntry {
  const shown = lines.findLast(({ keyword }) => keyword === 'menu label')?.value;
  const start = lines.findLast(({ keyword }) => keyword === 'kernel' || keyword === 'linux');
  const append = lines.findLast(({ keyword }) => keyword === 'append');
  const kernels: KernelLine[] = [];
  if (start !== undefined && (start.keyword === 'linux' || !noKernel.test(start.value))) {
    const parts = append === undefined ? withoutAppend(start, global) : ofAppend(append);
    kernels.push({ kernel: start.value, ...parts });
  }
  return {
    title: shown?.replace(/\^/, '') ?? label.value,
    id: label.value,
    reference: label.value,
    kernels,
  };
}

/** An `append -` keeps the arguments for all entries away (Syslinux wiki, "APPEND"). */
function ofAppend(line: IsolinuxLine): Pick<KernelLine, 'arguments' | 'start' | 'more'> {
  const { valueStart, end, value } = line;
  if (value === '-')
    return { arguments: [], start: valueStart, more: { start: valueStart, end, before: '', after: '' } };
  return {
    arguments: argumentsOf(line),
    start: valueStart,
    more: { start: end, end, before: ' ', after: '' },
  };
}

/** A line of its own for an entry that had none; it says what was said for all, which it replaces. */
function withoutAppend(
  start: IsolinuxLine,
  global: IsolinuxLine | undefined,
): Pick<KernelLine, 'arguments' | 'start' | 'more'> {
  const inherited = global === undefined || global.value === '-' ? '' : `${global.raw} `;
  return {
    arguments: [],
    start: start.end,
    more: {
      start: start.end,
      end: start.end,
      before: `${start.eol || '\n'}${start.indent}append ${inherited}`,
      after: '',
    },
  };
}

/** Places count bytes: the value is split as latin1, in which each byte is one character. */
function argumentsOf({ raw: text, valueStart }: IsolinuxLine): MenuArgument[] {
  const found = splitKernelArguments(text);
  return found.map((argument, index) => {
    const next = found[index + 1]?.offset ?? text.length;
    let end = next;
    // By hand: an expression would look at each blank anew.
    while (end > argument.offset && ' \t\v\f'.includes(text.charAt(end - 1))) end -= 1;
    return {
      word: Buffer.from(kernelWord(argument), 'latin1').toString('utf8'),
      start: valueStart + argument.offset,
      end: valueStart + end,
    };
  });
}
