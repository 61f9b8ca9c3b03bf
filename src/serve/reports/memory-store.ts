/** Keeps what machines have said for as long as the server runs. */
import type { Random } from '../../host/ports.ts';
import { type Entry, entryKey } from './history.ts';
import { mostEntries, type ReportStore } from './store.ts';

interface Known {
  entries: readonly Entry[];
  /** The place of the last one among those of all machines. */
  place: number;
}

export function memoryStore(random: Pick<Random, 'bytes'>): ReportStore {
  const known = new Map<string, Known>();
  const taken = new Set<string>();
  const key = random.bytes(32);
  let end = 0;
  return {
    shown: 'memory',
    get: async (machine) => known.get(machine)?.entries ?? [],
    list: async () => new Map([...known].map(([machine, { entries }]) => [machine, entries])),
    add: async (machine, entry) => {
      const { entries = [] } = known.get(machine) ?? {};
      if (entries.some((other) => entryKey(other) === entryKey(entry))) return false;
      end += 1;
      known.set(machine, { entries: [...entries, entry].slice(-mostEntries), place: end });
      return true;
    },
    changes: async (after) => ({
      end,
      machines: [...known].filter(([, { place }]) => place > after).map(([machine]) => machine),
    }),
    take: async (text) => {
      if (taken.has(text)) return false;
      taken.add(text);
      return true;
    },
    key: async () => key,
    close: async () => {},
  };
}
