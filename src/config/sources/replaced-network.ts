/** Sources that contradict each other about the network: the last list is in force as a whole, and each other one is told. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Parsed } from '../config.ts';
import { type Diagnostic, formatPlace } from '../diagnostics.ts';

/** `parsed` in the order in which later wins. */
export function replacedNetworks(parsed: readonly Parsed[]): readonly Diagnostic[] {
  const given = parsed.flatMap(({ layer }) => layer.entries.get('bos.network') ?? []);
  const last = given.at(-1);
  if (last === undefined || last.value === null) return [];
  return given
    .filter(({ value }) => value !== null && !isDeepStrictEqual(value, last.value))
    .map(({ place }) => ({
      severity: 'note',
      place,
      key: 'bos.network',
      message: `is not used: ${formatPlace(last.place)} has another list, which is in force as a whole`,
    }));
}
