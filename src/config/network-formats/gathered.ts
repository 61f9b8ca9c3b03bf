/** What a network configuration in another program's form says, on its way to bos.network. Pure. */
import type { Interface } from '../checks/network/model.ts';
import type { WifiAddresses } from '../checks/network/wifi-addresses.ts';
import type { Diagnostic } from '../diagnostics.ts';

export type Draft = { -readonly [K in keyof Interface]: Interface[K] };

export interface WifiNetwork extends WifiAddresses {
  readonly name: string;
  readonly passphrase?: string;
  readonly nameservers?: readonly string[];
}

export interface Gathered {
  readonly interfaces: Draft[];
  readonly wifi: WifiNetwork[];
  /** For the whole machine. */
  readonly nameservers: string[];
  /** Of default routes, by interface: without one it is 0. */
  readonly metrics: Map<Draft, { gateway4?: number; gateway6?: number }>;
  readonly notes: (readonly [Diagnostic['severity'], string])[];
}

export const entries = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

/** Text of somebody else's in a message. */
export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

export const warn = ({ notes }: Gathered, at: string, message: string): void => {
  notes.push(['warning', `${oneLine(at)}: ${oneLine(message)}`]);
};

/**
 * Interfaces of one text, far above what a machine has: each is compared with the others, so that the time for more would
 * grow with the square of their number.
 */
export const mostInterfaces = 256;

/** Says that there are too many of what is at `at`, if so. */
export function areTooMany(gathered: Gathered, at: string, count: number): boolean {
  if (count <= mostInterfaces) return false;
  const words = `${count} entries; expected at most ${mostInterfaces}; all are left to DHCP`;
  gathered.notes.push(['error', `${at}: ${words}`]);
  return true;
}

/** Says of every field that is not among `known` that it has no effect. */
export function tellOthers(gathered: Gathered, at: string, value: unknown, known: readonly string[]): void {
  for (const [name] of entries(value))
    if (!known.includes(name)) warn(gathered, `${at}.${name}`, 'cannot be set up here; it is left out');
}

/** true and false, also as text. */
export function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'yes' || value === 'on') return true;
  return value === 'false' || value === 'no' || value === 'off' ? false : undefined;
}

/** A name by which entries refer to each other: `id` where it can be one, else a number of its own. */
export function labelOf(id: string, taken: Iterable<string>, kind: string): string {
  const all = new Set(taken);
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(id) && !all.has(id)) return id;
  let number = 0;
  while (all.has(`${kind}${number}`)) number += 1;
  return `${kind}${number}`;
}
