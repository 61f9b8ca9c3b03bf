/**
 * Takes secrets out of text that somebody else may read: the values that are known to be secret, and whatever stands
 * where the kernel command line or a URL has secrets.
 */
import { hiddenSecret, hideInAddresses } from './keys/hidden-parts.ts';
import type { FieldRow } from './keys/key-types.ts';
import { rows } from './keys/keys.ts';
import { partsOf } from './keys/secrets.ts';

export type Redact = (text: string) => string;

/** `name`, `alias` and `object.field` of every secret that can stand on a kernel command line. */
const secretNames = rows.flatMap((row) => {
  const names = [row.name, ...(row.aliases ?? [])];
  if (row.secret) return names;
  if (row.type !== 'objects') return [];
  const fields: readonly FieldRow[] = row.fields;
  return fields
    .filter((field) => field.secret)
    .flatMap((field) => [field.name, ...(field.aliases ?? [])])
    .flatMap((field) => names.map((name) => `${name}.${field}`));
});

/** One character as `\xHH`, with as many backslashes as GRUB and JSON have made of the one. */
const escaped = '\\\\{1,4}x[0-9a-fA-F]{2}';
/** A value as the kernel takes it: in quotes with blanks, or up to the next blank. In JSON a quote has a backslash. */
const assignment = new RegExp(
  `(?<![\\w.])(${secretNames.map((name) => name.replaceAll('.', '[.]')).join('|')})=(\\\\?"(?:${escaped}|[^"\\\\])*\\\\?"|(?:${escaped}|[^\\s"\\\\])*)`,
  'g',
);
/** Makes the function that hides `secrets`; those within others too. */
export function redactor(secrets: readonly string[]): Redact {
  // As they stand in JSON, and as they are; longest first, so that one inside another leaves no rest of it.
  const parts = secrets.flatMap(partsOf);
  const forms = parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]);
  const known = [...new Set(forms)].filter(Boolean).toSorted((a, b) => b.length - a.length);
  return (text) =>
    hideInAddresses(
      known
        .reduce((shown, secret) => shown.replaceAll(secret, hiddenSecret), text)
        .replace(assignment, `$1=${hiddenSecret}`),
    );
}
