/**
 * Kernel arguments inside grub.cfg. They pass three readers: GRUB's script language takes the quotes of the file
 * away, GRUB's `linux` command quotes anew (grub_create_loader_cmdline in GRUB's lib/cmdline.c: `"` around an
 * argument with a space, a backslash before each quote and backslash; since 2.12 not before `\xHH`), and the kernel
 * splits the result. Only what comes out of all three as it went in is written.
 */
import { parseCommandLine } from '../config/command-line/command-line.ts';
import { kernelWord, splitKernelArguments } from '../config/command-line/kernel-arguments.ts';
import { usage } from '../errors.ts';
import { grubText } from '../formats/boot-config/grub-script.ts';

/** Bytes of a kernel command line on x86 and arm64 (COMMAND_LINE_SIZE), the NUL included; more is cut off silently. */
export const commandLineLimit = 2048;

/**
 * A word (unquoted: `name=value with spaces`) as it must stand in grub.cfg. Throws `argument-not-for-grub` (usage)
 * for a word with quotes, backslashes, white space other than spaces, or letters beyond ASCII. Values of our own
 * keys have those escaped as `\xHH` (configWords), which their parser undoes; foreign arguments have no such way.
 */
export function grubWord(word: string): string {
  const plain = word.replaceAll(/\\x[0-9a-fA-F]{2}/g, '');
  // Asked last: it is the dearest of the questions.
  const seen = plain === word || !isOurs(word) ? word : plain;
  // The kernel would see quotes that GRUB has escaped; tabs and the like GRUB does not quote at all.
  if (word === '' || /["'\\]|[^\x20-\x7e]/.test(seen) || kernelChanges(word)) {
    throw usage('argument-not-for-grub', 'GRUB cannot pass a kernel argument unchanged', {
      details: [word],
      hint: String.raw`Leave out quotes, backslashes, tabs and letters beyond ASCII, or write them as \xHH in a value of Bhojpur OS.`,
    });
  }
  return grubText(word);
}

const isOurs = (word: string): boolean => parseCommandLine(`"${word}"`).others.length === 0;

/** A `=` in the first place, or spaces before the first `=`: next_arg reads such a word back as it is only quoted. */
function kernelChanges(word: string): boolean {
  const requoted = word.includes(' ') ? `"${word}"` : word;
  const [seen] = splitKernelArguments(requoted);
  return seen === undefined || kernelWord(seen) !== word;
}

/** The words of a command line, as the kernel splits it. */
export const kernelWords = (commandLine: string): string[] =>
  splitKernelArguments(commandLine).map(kernelWord);

/**
 * The console arguments that a system installed from here should have: every `console=` of this boot, in order,
 * and `tty` (`ttyS0`, `/dev/ttyS0`, `ttyS0,9600`; `auto` adds nothing) last, where it becomes /dev/console.
 */
export function consoleWords(commandLine: string, tty = 'auto'): string[] {
  const carried = splitKernelArguments(commandLine)
    .filter(({ name, value }) => name === 'console' && value !== undefined && value !== '')
    .map(kernelWord);
  const words = [...new Set(carried)];
  if (tty === 'auto' || tty === '') return words;
  const name = tty.replace(/^\/dev\//, '');
  const [device] = name.split(',');
  const same = words.find((word) => word === `console=${device}` || word.startsWith(`console=${device},`));
  const serial = /^tty(S|AMA|USB)\d+$/.test(name) ? `${name},115200` : name;
  const wanted = name.includes(',') ? `console=${name}` : (same ?? `console=${serial}`);
  return [...words.filter((word) => word !== same), wanted];
}
