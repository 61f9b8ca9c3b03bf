/** A single string where a list of strings belongs, and a list where a command belongs: what they can only mean. Pure. */
import type { StringsRow } from './key-types.ts';

const nonEmptyLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** The elements, or what keeps the string from meaning any in particular. */
export function oneStringAs(row: StringsRow, text: string): readonly string[] | string {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  if (row.oneString === 'lines') return nonEmptyLines(trimmed);
  if (row.oneString !== 'words') return [text];
  // Only a shell knows what these make of it.
  if (/["'\\$`]/.test(trimmed)) return 'expected a list of strings: each argument behind a hyphen';
  return trimmed.split(/\s+/);
}

/** One command for a shell, which takes the words as they are. */
export const shellCommand = (words: readonly string[]): string =>
  words
    .map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
