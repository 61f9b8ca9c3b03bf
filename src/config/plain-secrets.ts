/** Which secrets of a configuration can be read by whoever can read its file: for those who put it where others look. */
import type { Layer, LayerValue, ObjectValue } from './config.ts';
import type { FieldRow } from './keys/key-types.ts';
import { type KeyName, rows } from './keys/keys.ts';

/** A password as crypt(5) has it, which nobody can log in with. */
const isHash = (value: string): boolean => /^\$[0-9a-z]+\$/i.test(value);
/** What stands before the `@` of an address is NAME:PASSWORD. */
const hasPassword = (value: string): boolean =>
  [...value.matchAll(/:\/\/([^/\s@]*)@/g)].some(([, account = '']) => /^[^:]*:./s.test(account));

/** The names of the keys, in the order of the table; a URL with a password in it counts, a hash does not. */
export function plainSecrets({ entries }: Layer): KeyName[] {
  return rows
    .filter((row) => {
      const value = entries.get(row.name)?.value;
      if (value === undefined || value === null) return false;
      if (row.secret) return typeof value === 'string' && !isHash(value);
      const fields: readonly FieldRow[] = row.type === 'objects' ? row.fields : [];
      const hidden = fields.filter(({ secret }) => secret).map(({ name }) => name);
      return (
        textsOf(value).some(hasPassword) ||
        (row.type === 'objects' &&
          (value as readonly ObjectValue[]).some((object) =>
            hidden.some((name) => object[name] !== undefined),
          ))
      );
    })
    .map(({ name }) => name);
}

function textsOf(value: Exclude<LayerValue, null>): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'boolean') return [];
  return Object.values(value).filter((text): text is string => typeof text === 'string');
}

/** What a person should know who puts the file into an image or on a server; undefined when there is nothing. */
export function plainSecretsNote(layer: Layer, where: string): string | undefined {
  const names = plainSecrets(layer);
  if (names.length === 0) return undefined;
  return `The configuration has secrets as they are (${names.join(', ')}): whoever can read ${where} can read them.`;
}
