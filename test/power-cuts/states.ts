/**
 * What can be on a disk after the power was cut: everything that was flushed, and of what was written since then any
 * part, down to single sectors. Which of these states are looked at is drawn from a seed, so that a run can be
 * repeated. Pure.
 */
import type { LogEntry } from './write-log.ts';

/** A part of the data of an entry, bytes, that reached the disk. */
export interface Piece {
  /** Index of the entry. */
  readonly entry: number;
  readonly from: number;
  readonly length: number;
}

/** A state of the disk: all entries before `flushed`, and then these pieces. */
export interface State {
  /** In words, with the numbers that are needed to make it again. */
  readonly name: string;
  readonly flushed: number;
  readonly pieces: readonly Piece[];
}

/** What lies between two flushes: none of it is sure to be on the disk before the second. Indices of entries. */
export interface Epoch {
  readonly from: number;
  /** The entry that ends it, or the number of entries. */
  readonly to: number;
}

export interface Choice {
  /** Points between flushes at which everything written so far had reached the disk, of all epochs together; at least. */
  readonly between: number;
  /** Random parts of each epoch that wrote something. */
  readonly subsets: number;
  /** How many flushes are looked at: all of them, or that many at equal distances, the last ones included. */
  readonly flushes: 'all' | number;
  readonly seed: number;
}

const sector = 512;

/** The epochs of a log that write something. */
export function epochsOf(entries: readonly LogEntry[]): Epoch[] {
  const epochs: Epoch[] = [];
  let from = 0;
  entries.forEach(({ flush }, index) => {
    if (!flush) return;
    if (index > from) epochs.push({ from, to: index });
    from = index + 1;
  });
  if (entries.length > from) epochs.push({ from, to: entries.length });
  return epochs;
}

/** The states to look at, in the order of the log: what was flushed only grows. */
export function chooseStates(entries: readonly LogEntry[], choice: Choice): State[] {
  const random = generator(choice.seed);
  const epochs = epochsOf(entries);
  const points = pointsBetween(entries, epochs, choice.between);
  const looked = new Set(choice.flushes === 'all' ? epochs : spread(epochs, choice.flushes));
  const states = epochs.flatMap((epoch): State[] => {
    const { from, to } = epoch;
    const whole = range(from, to).map((entry) => piece(entries, entry));
    const prefixes = (points.get(epoch) ?? []).map(({ entry, length }) => ({
      name: `after ${length} bytes of write ${entry}`,
      flushed: from,
      pieces: [...whole.slice(0, entry - from), { entry, from: 0, length }],
    }));
    const subsets = looked.has(epoch) ? range(0, choice.subsets) : [];
    return [
      ...(looked.has(epoch) ? [{ name: `all before write ${from}`, flushed: from, pieces: [] }] : []),
      ...prefixes,
      ...subsets.map((index) => ({
        name: `writes ${from} to ${to - 1}, random part ${index + 1} of seed ${choice.seed}`,
        flushed: from,
        pieces: randomPart(whole, random),
      })),
    ];
  });
  return [...states, { name: 'at the end', flushed: entries.length, pieces: [] }];
}

/** Points at which everything before had been written: at the ends of writes, and inside where more are wanted. */
function pointsBetween(
  entries: readonly LogEntry[],
  epochs: readonly Epoch[],
  count: number,
): Map<Epoch, { readonly entry: number; readonly length: number }[]> {
  const writes = epochs.flatMap((epoch) => range(epoch.from, epoch.to).map((entry) => ({ epoch, entry })));
  const sectors = (entry: number) => (entries[entry]?.length ?? 0) / sector;
  const points = new Map<Epoch, { entry: number; length: number }[]>();
  const inside = (each: number) => writes.reduce((sum, { entry }) => sum + Math.min(each, sectors(entry)), 0);
  // How many points each write gets, as far as it has sectors.
  let each = 1;
  while (each < 2048 && inside(each) < count) each += 1;
  for (const { epoch, entry } of each === 1 ? spread(writes, count) : writes) {
    const own = Math.min(each, sectors(entry));
    const ends = range(1, own + 1).map((part) => Math.round((part / own) * sectors(entry)) * sector);
    points.set(epoch, [...(points.get(epoch) ?? []), ...ends.map((length) => ({ entry, length }))]);
  }
  return points;
}

/** Each write as a whole, not at all, or torn: some of its sectors. How many of each is drawn once for the state. */
function randomPart(whole: readonly Piece[], random: () => number): Piece[] {
  const kept = random();
  return whole.flatMap((one) => {
    const fate = random();
    if (fate < 0.25) return torn(one, random);
    return (fate - 0.25) / 0.75 < kept ? [one] : [];
  });
}

/** Some sectors of a write, in runs. */
function torn({ entry, from, length }: Piece, random: () => number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < length; ) {
    const run = Math.min(length - at, sector * (1 + Math.floor(random() ** 3 * (length / sector))));
    if (random() < 0.5) pieces.push({ entry, from: from + at, length: run });
    at += run;
  }
  return pieces;
}

const piece = (entries: readonly LogEntry[], entry: number): Piece => ({
  entry,
  from: 0,
  length: entries[entry]?.length ?? 0,
});

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** `count` of the items at equal distances, the last one always; all when there are no more. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return range(0, count).map((index) => items[Math.ceil(((index + 1) * items.length) / count) - 1] as T);
}

/** Numbers from 0 to 1 that follow from the seed alone: mulberry32 by Tommy Ettinger, in the public domain. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
