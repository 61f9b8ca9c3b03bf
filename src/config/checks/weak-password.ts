/** A password that is soon guessed, where it can be seen: not one that is given as a hash. Pure. */
import type { Layer } from '../config.ts';
import type { Diagnostic } from '../diagnostics.ts';

const shortest = 8;

/** As passwords stand first in every list that is tried. */
const common =
  /^(?:pass(?:word|w0rd|phrase)?|secret|admin|root|bhojpur|letmein|welcome|changeme|qwert[yz]?|test)[\d!.]*$|^(?:12345|abc|111|000)/i;

/** Why, to end a sentence; undefined for one that is not plainly weak. */
export function weakness(password: string): string | undefined {
  if (password.length < shortest) return `it has fewer than ${shortest} characters`;
  if (/^(.{1,3})\1+$/s.test(password)) return 'it repeats a few characters';
  if (common.test(password)) return 'it is one of the first that are tried';
  return undefined;
}

/** A hash as crypt(5) has it. */
const isHash = (value: string) => /^\$[0-9a-z]+\$/i.test(value);

export function passwordWarnings({ entries }: Layer): Diagnostic[] {
  const entry = entries.get('bos.password');
  const { value } = entry ?? {};
  if (entry === undefined || typeof value !== 'string' || value === '' || isHash(value)) return [];
  const why = weakness(value);
  if (why === undefined) return [];
  return [{ severity: 'warning', place: entry.place, key: 'bos.password', message: `is weak: ${why}` }];
}
