/** What a key of cloud-init means here. Pure. */
import type { Diagnostic } from '../diagnostics.ts';

export interface Meaning {
  /** Our keys, as a configuration file has them. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly notes: readonly (readonly [Diagnostic['severity'], string])[];
}

export const nothing = (config: Meaning['config']): Meaning => ({ config, notes: [] });

/** The first of these that is there, of something that may be anything. */
export function field(value: unknown, ...names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const name = names.find((one) => Object.hasOwn(value, one));
  return name === undefined ? undefined : (value as Record<string, unknown>)[name];
}

/** A list, or one in its place. */
export const items = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

export const texts = (value: unknown): string[] => items(value).flatMap((item) => text(item) ?? []);
