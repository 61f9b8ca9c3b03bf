/** What a takeover carries over, each of which can be left out. Pure. */
export const carryKinds = ['network', 'host-keys', 'authorized-keys', 'hostname'] as const;
export type CarryKind = (typeof carryKinds)[number];

/** What `--no-carry` takes. */
export const carryWords = [...carryKinds, 'all'] as const;

/**
 * What is carried: nothing of a machine that becomes an image (`powerOff`), from which others are made. `without` is the
 * value of the option: a list, or anything else where it was not given.
 */
export function carriedKinds(without: unknown, powerOff: boolean): ReadonlySet<CarryKind> {
  const left: readonly unknown[] = Array.isArray(without) ? without : [];
  if (powerOff || left.includes('all')) return new Set();
  return new Set(carryKinds.filter((kind) => !left.includes(kind)));
}
