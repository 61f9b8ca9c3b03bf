/** Which values are secret, by the table of keys, and what is shown in their place. */
import type { Config, LayerValue, ObjectValue } from '../config.ts';
import { hiddenSecret, hideInAddresses, hideTokens } from './hidden-parts.ts';
import type { FieldRow } from './key-types.ts';
import type { Row } from './keys.ts';
import { rows } from './keys.ts';

export { hiddenSecret };

/** Characters; shorter ones cannot be told from ordinary text. */
const shortestSecret = 4;

/** A copy in which every secret reads `(hidden)`, also those in web addresses. */
export function hideSecrets(config: Config): Config {
  const entries = rows
    .filter((row) => config[row.name] !== undefined)
    .map((row) => [row.name, hideValue(row, config[row.name] as Exclude<LayerValue, null>)]);
  return Object.fromEntries(entries) as Config;
}

function hideValue(row: Row, value: Exclude<LayerValue, null>): LayerValue {
  if (row.secret) return hiddenSecret;
  if (row.type !== 'objects') return hideAddresses(row, value);
  const fields: readonly FieldRow[] = row.fields;
  const secret = (name: string) => fields.some((field) => field.name === name && field.secret);
  return (value as readonly ObjectValue[]).map((object) =>
    Object.fromEntries(
      Object.entries(object).map(([name, text]) => [name, secret(name) ? hiddenSecret : text]),
    ),
  );
}

/** The value of a key that is no secret itself, without what is secret in it. */
export function hideAddresses(row: Row, value: Exclude<LayerValue, null>): Exclude<LayerValue, null> {
  if (typeof value === 'string') return hideInAddresses(value);
  if (row.type === 'strings') {
    const words = value as readonly string[];
    return (row.name === 'bos.dcp_args' ? hideTokens(words) : words).map(hideInAddresses);
  }
  if (row.type !== 'map') return value;
  const pairs = Object.entries(value as Readonly<Record<string, string | null>>);
  return Object.fromEntries(
    pairs.map(([name, text]) => [name, text === null ? null : hideInAddresses(text)]),
  );
}

/** Every secret value of a configuration that is long enough to be told from ordinary text. */
export function secretsOf(config: Config): string[] {
  const values = rows.flatMap((row): unknown[] => {
    const value: LayerValue | undefined = config[row.name];
    if (value === undefined) return [];
    if (row.secret) return [value];
    if (row.type !== 'objects') return [];
    const fields: readonly FieldRow[] = row.fields;
    const names = fields.filter(({ secret }) => secret).map(({ name }) => name);
    return (value as readonly ObjectValue[]).flatMap((object) => names.map((name) => object[name]));
  });
  return values.filter(
    (value): value is string => typeof value === 'string' && value.length >= shortestSecret,
  );
}

/** A secret and each of its lines that can be told from ordinary text: what a program prints comes by lines. */
export const partsOf = (secret: string): string[] => [
  secret,
  ...secret
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestSecret),
];
