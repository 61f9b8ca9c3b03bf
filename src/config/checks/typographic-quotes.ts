/**
 * The quotes of a word processor: letters to YAML and to the kernel, so that they become part of the value. Pure; names
 * the quotes and never what stands between them.
 */
import type { FieldRow, KeyRow } from '../keys/key-types.ts';

/** Those of any language, at either end: „a“ as well as “a”. */
const quotes = '“”„‟‘’‚‛«»‹›';
const around = new RegExp(`^\\s*([${quotes}]).*([${quotes}])\\s*$`, 's');
const before = new RegExp(`^[${quotes}]`);
const any = new RegExp(`[${quotes}]`);

/** Whether a word begins with one. */
export const beginsTypographic = (text: string): boolean => before.test(text);

/** What is wrong with a value of a file that stands in them, or undefined. The content of a file may be a quotation. */
export function typographicAround(row: KeyRow | FieldRow, text: string): string | undefined {
  const [, first, last] = row.type === 'content' ? [] : (around.exec(text) ?? []);
  if (first === undefined || last === undefined) return undefined;
  return `stands in typographic quotes (${first}…${last}), which are part of the value; write "…"`;
}

/** The same of a value on the kernel command line that nothing else quotes, and so ends at the first blank. */
export const typographicBefore = (text: string): string | undefined =>
  beginsTypographic(text)
    ? `begins with ${text.slice(0, 1)}, which is a letter to the kernel; write double quotes (")`
    : undefined;

/**
 * The same for a value in double quotes on the kernel command line, whose end is known, as in a file. A quote that is opened
 * and never closed does not quote anything.
 */
export function typographicWithin(row: KeyRow | FieldRow, text: string): string | undefined {
  const value = text.trimStart();
  if (row.type !== 'content' && beginsTypographic(value) && !any.test(value.slice(1)))
    return `begins with ${value.slice(0, 1)}, which is part of the value; leave it out`;
  return typographicAround(row, text);
}
