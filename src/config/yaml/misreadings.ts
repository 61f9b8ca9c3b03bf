/**
 * What YAML reads without a complaint, and surely not as it was meant: blanks that are none to YAML, a quote that is
 * closed only by the next value's, a hyphen that became text. Each would cost a value that nobody misses. Pure.
 */
import type { FieldRow } from '../keys/key-types.ts';
import { allNames, groupNames, rows } from '../keys/keys.ts';
import type { Lexeme, Quotes } from './lexemes.ts';
import { lexemes } from './lexemes.ts';

export interface Misreading {
  /** In the text. */
  readonly offset: number;
  readonly message: string;
}

/** White space to the eye; YAML knows blanks and tabs alone. */
const blanks = '\\u0085\\u00a0\\u1680\\u180e\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff';
const blank = new RegExp(`[${blanks}]`);
/** Before a text, behind the colon or hyphen that it begins with, and at the beginning of a later line. */
const misplacedBlank = new RegExp(`(?:^|^[-?]|^[\\w.-]+:|\\n[ \\t]*)[${blanks}]`);

/** Whether a text would be misread where it stands without quotes. */
export const needsQuotes = (text: string): boolean => misplacedBlank.test(text) || blank.test(text.slice(-1));

const blankNames: Readonly<Record<string, string>> = {
  '\u00a0': 'a no-break space',
  '\u202f': 'a narrow no-break space',
  '\u200b': 'a zero-width space',
  '\u3000': 'an ideographic space',
  '\ufeff': 'a byte order mark',
};

/** `a zero-width space (U+200B)` */
function blankName(char: string): string {
  const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `${blankNames[char] ?? 'a special space'} (U+${code})`;
}

/** The name of the first blank in a text that nobody sees, or takes for an ordinary one; undefined when it has none. */
export function specialBlank(text: string): string | undefined {
  const char = blank.exec(text)?.[0];
  return char === undefined ? undefined : blankName(char);
}

/** The first of them, or undefined; also in a file that is no YAML, which may be why. */
export function misreading(text: string, quotes: Quotes): Misreading | undefined {
  // Most files have none of what could be misread.
  const quote = text.search(/["']/);
  const isQuotedOn = quote !== -1 && quote < text.lastIndexOf('\n');
  if (!blank.test(text) && !isQuotedOn && !/\n[ \t]+- /.test(text)) return undefined;
  let last: Lexeme | undefined;
  for (const lexeme of lexemes(text, quotes)) {
    const { kind, source } = lexeme;
    const found =
      kind === 'plain'
        ? (blankIn(lexeme) ?? hyphenIn(lexeme))
        : kind === 'quoted'
          ? swallowedKey(text, lexeme)
          : source === ':' && last !== undefined
            ? blankAtEnd(last)
            : undefined;
    if (found !== undefined) return found;
    if (kind !== 'sign' || source.trim() !== '') last = kind === 'plain' ? lexeme : undefined;
  }
  return undefined;
}

function blankIn({ source, offset }: Lexeme): Misreading | undefined {
  const match = misplacedBlank.exec(source);
  return match === null ? undefined : wrongBlank(source, offset, match.index + match[0].length - 1);
}

function blankAtEnd({ source, offset }: Lexeme): Misreading | undefined {
  return blank.test(source.slice(-1)) ? wrongBlank(source, offset, source.length - 1) : undefined;
}

function wrongBlank(source: string, offset: number, index: number): Misreading {
  return {
    offset: offset + index,
    message: `holds ${blankName(source[index] ?? '')}, which YAML takes for a letter; write ordinary blanks`,
  };
}

function hyphenIn({ source, offset }: Lexeme): Misreading | undefined {
  const match = /\n[ \t]*- /.exec(source);
  if (match === null) return undefined;
  return {
    offset: offset + match.index + match[0].length - 2,
    message: 'is indented more than the element above it, so it is part of its text; line the hyphens up',
  };
}

const namesOf = ({ name, aliases = [] }: FieldRow): readonly string[] => [name, ...aliases];

const known = new Set(
  [
    ...allNames(),
    ...groupNames(),
    ...rows.flatMap((row) => (row.type === 'objects' ? row.fields.flatMap(namesOf) : [])),
  ].map((name) => name.slice(name.lastIndexOf('.') + 1)),
);

/** A later line of the text is a key of ours, and no further in than the line in which the quote opens. */
function swallowedKey(text: string, lexeme: Lexeme): Misreading | undefined {
  const isKey = (name: string) => known.has(name);
  return holdsKey(text, lexeme, isKey) ? { offset: lexeme.offset, message: openQuote(lexeme) } : undefined;
}

/** Whether a later line of a text in quotes begins like a key, no further in than the line in which it opens. */
export function holdsKey(
  text: string,
  { source, offset }: Lexeme,
  isKey: (name: string) => boolean = () => true,
): boolean {
  if (!source.includes('\n')) return false;
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const [indent = ''] = /^[ \t]*/.exec(text.slice(lineStart, offset)) ?? [];
  return source
    .split('\n')
    .slice(1)
    .some((line) => {
      const [, before = '', name = ''] = /^([ \t]*)(?:- +)?["']?([\w.-]+)["']?:(?=\s|$)/.exec(line) ?? [];
      return name !== '' && before.length <= indent.length && isKey(name);
    });
}

export const openQuote = ({ source }: Lexeme): string =>
  `opens a quote that is not closed; write ${source[0]} at the end of the text`;
