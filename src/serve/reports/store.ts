/** Where a server keeps what machines have said, and what else must hold in every replica and after a restart. */
import type { Entry } from './history.ts';

export interface ReportStore {
  /** What it is, for people: `memory`, or a database without its secrets. */
  readonly shown: string;
  /** In the order in which they came; empty for a machine of which nothing is known. */
  get(machine: string): Promise<readonly Entry[]>;
  /** Those of all machines of which something is known. */
  list(): Promise<ReadonlyMap<string, readonly Entry[]>>;
  /** False when the machine has an entry with the same key. Whole or not at all; lasts when it has resolved. */
  add(machine: string, entry: Entry): Promise<boolean>;
  /** Machines with entries behind a place, which is the end of another answer; 0 for the beginning. */
  changes(after: number): Promise<{ readonly end: number; readonly machines: readonly string[] }>;
  /** True once for each text, whoever asks. */
  take(text: string): Promise<boolean>;
  /** 32 random bytes, of which the secrets of machines are made: drawn once, the same ever after. */
  key(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Entries of one machine that are kept: the newest. An installation has five. */
export const mostEntries = 100;
