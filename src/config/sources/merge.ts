/**
 * Merges layers, later ones winning: strings, booleans and lists replace, maps merge entry by entry, `null`
 * removes. Keys to log in with add up instead, and what a cloud sends can only add to them, so that user data
 * never locks the operator out.
 */
import type { Config, Layer, LayerEntry, LayerValue } from '../config.ts';
import type { Place } from '../diagnostics.ts';
import type { KeyName, Row } from '../keys/keys.ts';
import { rows } from '../keys/keys.ts';

export interface Merged {
  readonly config: Config;
  /** For each key that has a value, the places that contributed to it, in order. */
  readonly origins: ReadonlyMap<KeyName, readonly Place[]>;
}

type Value = Exclude<LayerValue, null>;

export function merge(layers: readonly Layer[]): Merged {
  const config: Record<string, Value> = {};
  const origins = new Map<KeyName, readonly Place[]>();
  for (const row of rows) {
    let value: Value | undefined;
    let places: readonly Place[] = [];
    for (const layer of layers) {
      const entry = layer.entries.get(row.name);
      if (entry === undefined) continue;
      const adds = accumulates(row);
      const merged = combine(row, value, entry, layer);
      if (entry.value === null && merged !== undefined) continue;
      places = adds && value !== undefined && merged !== undefined ? [...places, entry.place] : [entry.place];
      value = merged;
    }
    if (value === undefined) continue;
    config[row.name] = value;
    origins.set(row.name, places);
  }
  // Layers hold only values that fit their rows: the parsers that made them see to that.
  return { config: config as Config, origins };
}

const accumulates = (row: Row): boolean =>
  row.type === 'map' || (row.type === 'strings' && row.merge === 'union');

function combine(row: Row, earlier: Value | undefined, entry: LayerEntry, layer: Layer): Value | undefined {
  const { value } = entry;
  const union = row.type === 'strings' && row.merge === 'union';
  if (value === null) return union && layer.kind === 'cloud' ? earlier : undefined;
  if (union) return [...new Set([...((earlier ?? []) as string[]), ...(value as readonly string[])])];
  if (row.type !== 'map') return value;
  const map = {
    ...(earlier as Record<string, string> | undefined),
    ...(value as Record<string, string | null>),
  };
  return Object.fromEntries(Object.entries(map).filter((pair): pair is [string, string] => pair[1] !== null));
}
