/**
 * The kernel command line as text: splitting and quoting exactly as the kernel does it (next_arg in Linux's
 * lib/cmdline.c), and the escapes that let any value travel through it and through boot loaders.
 */
import { usage } from '../../errors.ts';

export interface KernelArgument {
  readonly name: string;
  /** undefined when there is no `=`. */
  readonly value: string | undefined;
  /** Where it begins in the text, in UTF-16 units from 0. */
  readonly offset: number;
  /** A pair of quotes around the argument or its value was taken away. */
  readonly quoted?: true;
  /** Where a quote begins that nothing closes: the argument has taken all that follows. */
  readonly openQuote?: number;
}

const isSpace = (char: string | undefined): boolean => char !== undefined && ' \t\n\v\f\r'.includes(char);

/**
 * Splits as next_arg does. A `"` anywhere switches quoting on and off, and hides white space; it is taken away
 * only around a whole argument or a whole value. There is no escape for it.
 */
export function splitKernelArguments(text: string): KernelArgument[] {
  const found: KernelArgument[] = [];
  let position = 0;
  for (;;) {
    while (isSpace(text[position])) position++;
    if (position >= text.length) return found;
    const offset = position;
    const wholeQuoted = text[position] === '"';
    if (wholeQuoted) position++;
    const start = position;
    let inQuote = wholeQuoted;
    let lastQuote = offset;
    // As in the kernel, an `=` in the first place does not count: 0 means none.
    let equals = 0;
    for (; position < text.length && (inQuote || !isSpace(text[position])); position++) {
      if (equals === 0 && text[position] === '=') equals = position - start;
      if (text[position] === '"') {
        inQuote = !inQuote;
        lastQuote = position;
      }
    }
    const body = text.slice(start, position);
    const valueQuoted = equals > 0 && body[equals + 1] === '"';
    const end = (wholeQuoted || valueQuoted) && body.endsWith('"') ? body.length - 1 : body.length;
    found.push({
      name: equals > 0 ? body.slice(0, equals) : body.slice(0, end),
      value: equals > 0 ? body.slice(equals + 1 + (valueQuoted ? 1 : 0), end) : undefined,
      offset,
      ...(end < body.length ? { quoted: true as const } : {}),
      ...(inQuote && !isGrubs(text.slice(offset, position), lastQuote - offset)
        ? { openQuote: lastQuote }
        : {}),
    });
  }
}

/** The last quote of a word is a letter that GRUB has escaped, and which has hidden nothing. */
const isGrubs = (word: string, quote: number): boolean =>
  word[quote - 1] === '\\' && !/[ \t\n\v\f\r]/.test(word.slice(quote));

/** How many of them the kernel and its modules read: a bare `--` hands all that follows to init. */
export function countBeforeInit(found: readonly KernelArgument[]): number {
  const end = found.findIndex(({ name, value }) => name === '--' && value === undefined);
  return end === -1 ? found.length : end;
}

/** The argument as one word without quotes: what an argument vector holds. */
export const kernelWord = ({ name, value }: Pick<KernelArgument, 'name' | 'value'>): string =>
  value === undefined ? name : `${name}=${value}`;

/**
 * The word as it must stand on a kernel command line (QEMU's -append, iPXE, syslinux; for GRUB see
 * boot/command-line.ts). Throws `argument-unquotable` (usage) for a word that the kernel's quoting cannot carry.
 */
export function quoteKernelWord(word: string): string {
  const equals = word.indexOf('=', 1);
  const candidates = [
    word,
    ...(equals > 0 ? [`${word.slice(0, equals)}="${word.slice(equals + 1)}"`] : []),
    `"${word}"`,
  ];
  // A following argument tells whether a quote stays open.
  const fits = (text: string) => {
    const parsed = splitKernelArguments(`${text} next`);
    return parsed.length === 2 && parsed[0] !== undefined && kernelWord(parsed[0]) === word;
  };
  const quoted = word === '' ? undefined : candidates.find(fits);
  if (quoted !== undefined) return quoted;
  throw usage('argument-unquotable', 'An argument cannot be written on a kernel command line', {
    details: [word],
    hint: String.raw`Leave out the quotes, or in a Bhojpur OS value write \x22 for each.`,
  });
}

/** The whole line for words that are not quoted yet. */
export const renderKernelCommandLine = (words: readonly string[]): string =>
  words.map(quoteKernelWord).join(' ');

/**
 * Writes what neither the kernel's quoting nor GRUB carries unchanged as `\xHH`, one for each UTF-8 byte: quotes,
 * backslashes, control characters and all beyond ASCII (the kernel takes byte A0 for white space). `also` names
 * further characters to escape.
 */
export function escapeValue(value: string, also = ''): string {
  let escaped = '';
  for (const char of value) {
    const plain = char >= ' ' && char <= '~' && !`"'\\${also}`.includes(char);
    escaped += plain ? char : Buffer.from(char).toString('hex').replace(/../g, String.raw`\x$&`);
  }
  return escaped;
}

/**
 * Undoes `escapeValue`, and the backslash that GRUB puts before each quote and backslash it is given: GRUB 2.06
 * makes `\x27` into `\\x27`, later ones leave it, and both mean the same here.
 */
export function unescapeValue(text: string): string {
  return text.replace(
    /((?:\\{1,2}x[0-9a-fA-F]{2})+)|\\(["'\\])/g,
    (_, hex: string | undefined, char: string) =>
      hex === undefined ? char : Buffer.from(hex.replaceAll(/\\+x/g, ''), 'hex').toString(),
  );
}
