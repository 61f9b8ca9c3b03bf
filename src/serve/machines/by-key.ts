/** Machines by what they have of hardware: found at once in a list that is the same as before. */
import { canonicalMac } from './schema.ts';
import type { Machine } from './store.ts';

export type HardwareKey = 'mac' | 'serial';

type Index = ReadonlyMap<string, readonly Machine[]>;
const indexes = new WeakMap<readonly Machine[], Index>();

/** Those with that MAC address or serial number, however it is written: one, unless two claim the same. */
export const machinesBy = (
  machines: readonly Machine[],
  key: HardwareKey,
  value: string,
): readonly Machine[] => indexOf(machines).get(keyOf(key, key === 'mac' ? canonicalMac(value) : value)) ?? [];

/** What a machine shares with others, in lines: neither is found by it. */
export function sharedKeys(machines: readonly Machine[], machine: Machine): string[] {
  const index = indexOf(machines);
  return keysOf(machine).flatMap(([key, value]) => {
    const others = (index.get(keyOf(key, value)) ?? []).filter((other) => other !== machine);
    if (others.length === 0) return [];
    const names = others.map(({ name }) => name).join(', ');
    return [`${machine.name}: ${key}: ${value} is also that of ${names}; give it to one machine only`];
  });
}

const keysOf = ({ macs, serial }: Machine): (readonly [HardwareKey, string])[] => [
  ...[...new Set(macs)].map((mac) => ['mac', mac] as const),
  ...(serial === undefined ? [] : [['serial', serial] as const]),
];

const keyOf = (key: HardwareKey, value: string): string => `${key} ${value}`;

function indexOf(machines: readonly Machine[]): Index {
  const known = indexes.get(machines);
  if (known !== undefined) return known;
  const made = Map.groupBy(
    machines.flatMap((machine) =>
      keysOf(machine).map(([key, value]) => ({ machine, key: keyOf(key, value) })),
    ),
    ({ key }) => key,
  );
  const index = new Map([...made].map(([key, found]) => [key, found.map(({ machine }) => machine)]));
  indexes.set(machines, index);
  return index;
}
