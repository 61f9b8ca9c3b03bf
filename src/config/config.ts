/** The configuration: what sources give (layers) and what results from them. */
import type { Diagnostic, Place } from './diagnostics.ts';
import type { ObjectValue } from './keys/key-types.ts';
import type { KeyName, KeyValue } from './keys/keys.ts';

export type { ObjectValue };

/** The effective configuration: canonical dotted names, absent where nothing was given. */
export type Config = { readonly [K in KeyName]?: KeyValue<K> };

/** A value as a source gives it. `null` removes what earlier sources gave; inside a map, one of its entries. */
export type LayerValue =
  | boolean
  | string
  | readonly string[]
  | Readonly<Record<string, string | null>>
  | readonly ObjectValue[]
  | null;

export interface LayerEntry {
  readonly value: LayerValue;
  readonly place: Place;
}

/**
 * Where a layer comes from. What a cloud sends is less trusted than what an operator wrote: it cannot take
 * keys of the operator away.
 */
export type LayerKind = 'system' | 'command-line' | 'local' | 'cloud';

/** What one source says, without what was faulty in it. */
export interface Layer {
  readonly kind: LayerKind;
  readonly entries: ReadonlyMap<KeyName, LayerEntry>;
}

export interface Parsed {
  readonly layer: Layer;
  readonly diagnostics: readonly Diagnostic[];
}

export const emptyLayer = (kind: LayerKind): Layer => ({ kind, entries: new Map() });
