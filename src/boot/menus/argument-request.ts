/** What is asked of the kernel arguments of a menu, as command lines say it: `--append-karg`, `--replace-karg OLD=NEW`. */
import { usage } from '../../errors.ts';
import { kernelWords } from '../command-line.ts';
import type { ArgumentEdit } from './menu-edit.ts';

export interface ArgumentRequest {
  /** Kernel arguments as the kernel would split them: `console=ttyS0`, `name="two words"`. */
  readonly append: readonly string[];
  readonly delete: readonly string[];
  readonly replace: readonly { readonly old: string; readonly new: string }[];
}

export const changesArguments = ({ append, delete: gone, replace }: ArgumentRequest): boolean =>
  append.length + gone.length + replace.length > 0;

/** As words. Throws `karg-replacement` (usage). */
export const argumentEdit = (request: ArgumentRequest): ArgumentEdit => ({
  append: request.append.flatMap(kernelWords),
  remove: request.delete.flatMap(kernelWords),
  replace: request.replace.map((replacement) => ({
    from: oneWord(replacement.old),
    to: oneWord(replacement.new),
  })),
});

function oneWord(text: string): string {
  const [word, ...more] = kernelWords(text);
  if (word === undefined || more.length > 0)
    throw usage('karg-replacement', `--replace-karg: ${text} is not one argument`, {
      hint: 'Put quotes around a value with spaces: name="two words".',
    });
  return word;
}

/** `OLD=NEW` splits at the first `=` that leaves whole words: `console=tty0=console=ttyS0` at the second. */
export function replacement(text: string): { old: string; new: string } {
  const parts = text.split('=');
  // A word of the shape NAME=VALUE on both sides, else one word on each.
  const middle = parts.length >= 4 ? 2 : 1;
  const [before, after] = [parts.slice(0, middle).join('='), parts.slice(middle).join('=')];
  if (before === '' || after === '')
    throw usage('karg-replacement', `--replace-karg: expected OLD=NEW, found ${text}`, {
      hint: 'Both are whole arguments: --replace-karg quiet=debug, --replace-karg console=tty0=console=ttyS0.',
    });
  return { old: before, new: after };
}
