/**
 * Reads what systemd-boot starts as menus of one entry each: a file of loader/entries (UAPI.1, Boot Loader
 * Specification), and the command line inside of a unified kernel.
 */
import { refused } from '../../errors.ts';
import { argumentsOf, looksLikeLinux, utf8 } from './isolinux-lines.ts';
import type { KernelLine, Menu } from './menus.ts';

const noEntries: Omit<Menu, 'loader' | 'entries'> = {
  loose: [],
  default: undefined,
  timeout: undefined,
  includes: [],
};

interface Line {
  readonly key: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** `KEY VALUE` lines; of `options` there can be several, which count one after the other. */
export function readEntryFile(bytes: Uint8Array): Menu {
  const text = Buffer.from(bytes).toString('latin1');
  const lines = [...text.matchAll(/^([ \t]*)([a-z-]+)([ \t]+)([^\r\n]*)/gm)].map((found): Line => {
    const [, indent = '', key = '', space = '', rest = ''] = found;
    const value = rest.trimEnd();
    const start = found.index + indent.length + key.length + space.length;
    return { key, value, start, end: start + value.length };
  });
  const last = (key: string) => lines.findLast((line) => line.key === key);
  const program = last('linux') ?? last('uki') ?? last('efi');
  // Other programs of EFI, a shell or a memory test, would take arguments for their own.
  const isKernel = program !== undefined && (program.key !== 'efi' || isLinux(program.value));
  const title = utf8(last('title')?.value ?? program?.value ?? '');
  const kernels = isKernel ? kernelLines(program, lines) : [];
  return {
    ...noEntries,
    loader: 'systemd-boot',
    entries: [{ title, id: undefined, reference: title, kernels }],
  };
}

const isLinux = (path: string) => looksLikeLinux(path) || /^\/efi\/linux\//i.test(path.replaceAll('\\', '/'));

function kernelLines(program: Line, lines: readonly Line[]): KernelLine[] {
  const kernel = utf8(program.value);
  const options = lines.filter(({ key }) => key === 'options');
  if (options.length === 0) {
    const more = { start: program.end, end: program.end, before: '\noptions ', after: '' };
    return [{ kernel, arguments: [], start: program.end, more }];
  }
  return options.map(({ value, start, end }, index) => ({
    kernel,
    arguments: argumentsOf(value, start),
    start,
    more: { start: end, end, before: ' ', after: '' },
    ...(index < options.length - 1 ? { continued: true } : {}),
  }));
}

/**
 * Bytes of a command line, COMMAND_LINE_SIZE of no architecture being above 4096: what is longer is none, and to take a
 * megabyte of words apart costs a second.
 */
const longestCommandLine = 64 * 1024;

/** The whole text is the command line; it ends at its first NUL. Throws OpsError `menu-too-long` (refused). */
export function readCommandLine(bytes: Uint8Array): Menu {
  const text = Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
  const end = text.trimEnd().length;
  if (end > longestCommandLine)
    throw refused('menu-too-long', `The command line of a unified kernel has ${end} bytes`, {
      hint: 'No kernel takes as many: the file is not one, or is made to keep its readers busy.',
    });
  const kernel: KernelLine = {
    kernel: '',
    arguments: argumentsOf(text.slice(0, end), 0),
    start: 0,
    more: { start: end, end, before: end === 0 ? '' : ' ', after: '' },
  };
  const entry = { title: 'unified kernel', id: undefined, reference: '', kernels: [kernel] };
  return { ...noEntries, loader: 'unified-kernel', entries: [entry] };
}
