/**
 * What is known of a machine: what it was sent, and what it has said of itself. States only go on; a medium that boots
 * again begins anew. Pure.
 */

import type { ReportName } from '../../operation/announce/send.ts';

/** What the server sees, or is told. `first-byte` and `last-byte` are of its ISO or its initrd. */
export type EntryName = 'first-byte' | 'last-byte' | ReportName;

export interface Entry {
  readonly name: EntryName;
  /** Ms since 1970. */
  readonly at: number;
  /** The boot that it belongs to, drawn at random by its kernel; of what was sent, a number of the server's own. */
  readonly boot: string;
}

/**
 * `installed` only when the disk has booted and said so; until then what the installer has said of itself is
 * `disk-written`.
 */
export const machineStates = ['waiting', 'served', 'booted-medium', 'disk-written', 'installed'] as const;
export type MachineState = (typeof machineStates)[number];

export interface History {
  readonly state: MachineState;
  /** When that state began, in ms since 1970; null for `waiting`. */
  readonly since: number | null;
  /** Of this installation, in the order in which they came. */
  readonly entries: readonly Entry[];
  /** What was sent when an installation had come to its end: the beginning of the next one, if its medium boots. */
  readonly sentAfter: readonly Entry[];
}

export const nothingKnown: History = { state: 'waiting', since: null, entries: [], sentAfter: [] };

const stateOf: Readonly<Record<EntryName, MachineState>> = {
  'first-byte': 'served',
  'last-byte': 'served',
  'booted-medium': 'booted-medium',
  installed: 'disk-written',
  'booted-disk': 'installed',
};

const rank = (state: MachineState): number => machineStates.indexOf(state);
const isSent = ({ name }: Entry): boolean => name === 'first-byte' || name === 'last-byte';

/** One of each boot: whatever is said again is known already, so a report that was recorded is worth nothing. */
export const entryKey = ({ name, boot }: Entry): string => `${name} ${boot}`;

export function withEntry(history: History, entry: Entry): History {
  const { state, entries, sentAfter } = history;
  if (isSent(entry) && state === 'installed') return { ...history, sentAfter: [...sentAfter, entry] };
  if (beginsAnew(history, entry)) {
    const sent = sentAfter.length > 0 ? sentAfter : entries.filter(isSent);
    return { state: 'booted-medium', since: entry.at, entries: [...sent, entry], sentAfter: [] };
  }
  const next = stateOf[entry.name];
  const isLater = rank(next) > rank(state);
  return {
    ...history,
    ...(isLater ? { state: next, since: entry.at } : {}),
    entries: [...entries, entry],
  };
}

/** A medium that boots; but not one whose report comes late, behind what the same boot has said since. */
const beginsAnew = ({ entries }: History, { name, boot }: Entry): boolean =>
  name === 'booted-medium' && !entries.some((other) => other.boot === boot);

/** Entries in the order in which they came. */
export const historyOf = (entries: Iterable<Entry>): History => [...entries].reduce(withEntry, nothingKnown);

/** What was sent is told once for each installation: so many have come to their end. */
export const sentBoot = (entries: Iterable<Entry>): string =>
  `${[...entries].filter(({ name }) => name === 'booted-disk').length}`;

/** As data for programs: times in UTC. */
export interface ToldHistory {
  /** `unknown` when the database does not answer. */
  readonly state: MachineState | 'unknown';
  readonly since: string | null;
  readonly reports: readonly { readonly report: EntryName; readonly at: string }[];
}

export const unknownHistory: ToldHistory = { state: 'unknown', since: null, reports: [] };

export const toldHistory = ({ state, since, entries }: History): ToldHistory => ({
  state,
  since: since === null ? null : timeOf(since),
  reports: entries.map(({ name, at }) => ({ report: name, at: timeOf(at) })),
});

const timeOf = (ms: number): string => new Date(ms).toISOString();
