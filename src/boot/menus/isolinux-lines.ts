/**
 * The command lines inside of an isolinux.cfg that have no label of their own: what starts by itself, and the kernel
 * that a module of Syslinux starts.
 */
import { kernelWord, splitKernelArguments } from '../../config/command-line/kernel-arguments.ts';
import type { IsolinuxLine } from '../../formats/boot-config/isolinux-cfg.ts';
import type { KernelLine, MenuArgument } from './menus.ts';

/** Each is followed by a command line, as a person would type it (Syslinux wiki, "Config"; "Menu", MENU HIDDENKEY). */
const commands = new Set(['default', 'ontimeout', 'onerror', 'menu hiddenkey']);

export interface AutomaticStart extends KernelLine {
  /** The command line as it stands. */
  readonly command: string;
}

/** A line that says what to start; undefined for any other. What it names may be a label. */
export function automaticStart(line: IsolinuxLine): AutomaticStart | undefined {
  if (!commands.has(line.keyword)) return undefined;
  // The key comes first: `menu hiddenkey F8 vmlinuz`.
  const skipped = line.keyword === 'menu hiddenkey' ? (/^\S+[ \t]*/.exec(line.raw)?.[0].length ?? 0) : 0;
  const text = line.raw.slice(skipped);
  if (text === '') return undefined;
  return { ...commandOf(text, line.valueStart + skipped), command: utf8(text) };
}

/** `mboot.c32` starts what is between its `---`, of which one is Linux; `linux.c32` does what ISOLINUX does itself. */
export function moduleKernel(program: string, { raw, valueStart }: IsolinuxLine): KernelLine | undefined {
  if (/(^|\/)linux\.c32$/i.test(program) && !raw.startsWith('-')) return commandOf(raw, valueStart);
  if (!/(^|\/)mboot\.c32$/i.test(program)) return undefined;
  const parts = raw.split(/(?<=^|[ \t])---(?=[ \t]|$)/);
  let start = 0;
  for (const part of parts) {
    const own = part.trim();
    const offset = start + part.indexOf(own);
    if (looksLikeLinux(own.split(/[ \t]/, 1)[0] ?? '')) return commandOf(own, valueStart + offset);
    start += part.length + '---'.length;
  }
  return undefined;
}

/** Beside a hypervisor: `/boot/vmlinuz-6.1.0`, `linux.gz`, `bzImage`. */
export const looksLikeLinux = (file: string): boolean =>
  /(^|\/)(vmlinu|linux|bzimage|kernel)[^/]*$/i.test(file);

/** A kernel and its arguments in one line; `start` is where the text stands in the file. */
function commandOf(text: string, start: number): KernelLine {
  const kernel = /^[^ \t]*/.exec(text)?.[0] ?? '';
  const end = start + text.length;
  return {
    kernel: utf8(kernel),
    arguments: argumentsOf(text.slice(kernel.length), start + kernel.length),
    start: start + kernel.length,
    inOneLine: true,
    more: { start: end, end, before: ' ', after: '' },
  };
}

/** Places count bytes: the value is split as latin1, in which each byte is one character. */
export function argumentsOf(text: string, start: number): MenuArgument[] {
  const found = splitKernelArguments(text);
  return found.map((argument, index) => {
    const next = found[index + 1]?.offset ?? text.length;
    let end = next;
    // By hand: an expression would look at each blank anew.
    while (end > argument.offset && ' \t\v\f'.includes(text.charAt(end - 1))) end -= 1;
    return {
      word: utf8(kernelWord(argument)),
      start: start + argument.offset,
      end: start + end,
    };
  });
}

/** Nearly every word is ASCII, and a hostile menu has half a million of them. */
export const utf8 = (latin1: string): string =>
  /[\x80-\xff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
