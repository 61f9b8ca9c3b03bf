import { truncateSync, writeFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { linuxHost } from '../../src/host/linux/index.ts';
import { temporaryFolder } from '../formats/support.ts';
import { runs } from '../properties.ts';
import { lastWriteAt, withoutFlushes } from './doctored.ts';
import { ReplayedDisk } from './replay.ts';
import { chooseStates, epochsOf, type State } from './states.ts';
import type { LogEntry, WriteLog } from './write-log.ts';

const diskSize = 64 * 512;
const flush: LogEntry = { offset: 0, length: 0, flush: true, fua: false, data: undefined };

/** A log of writes and flushes; the data of entry n is all n + 1. */
const someLog = fc
  .array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constant(flush) },
      {
        weight: 3,
        arbitrary: fc.record({ at: fc.nat(55), sectors: fc.integer({ min: 1, max: 8 }) }).map(
          ({ at, sectors }): LogEntry => ({
            offset: at * 512,
            length: sectors * 512,
            flush: false,
            fua: false,
            data: 0,
          }),
        ),
      },
    ),
    { maxLength: 40 },
  )
  .map((entries): WriteLog => {
    const numbered = entries.map((entry, index) => ({
      ...entry,
      data: entry.data === undefined ? undefined : index,
    }));
    return {
      entries: numbered,
      read: async ({ data }, _from, length) => new Uint8Array(length).fill((data ?? 0) + 1),
    };
  });
const someChoice = fc.record({
  between: fc.nat(20),
  subsets: fc.nat(3),
  flushes: fc.oneof(fc.constant('all' as const), fc.nat(5)),
  seed: fc.nat(),
});

test('of what was flushed everything is there, of the rest only what was written before the next flush', (t) => {
  fc.assert(
    fc.property(someLog, someChoice, ({ entries }, choice) => {
      const states = chooseStates(entries, choice);
      for (const { flushed, pieces } of states) {
        t.true(flushed === 0 || flushed === entries.length || entries[flushed - 1]?.flush);
        const next = entries.findIndex(({ flush }, index) => flush && index >= flushed);
        for (const { entry, from, length } of pieces) {
          t.true(entry >= flushed && (next < 0 || entry < next));
          t.true(length > 0 && from % 512 === 0 && from + length <= (entries[entry]?.length ?? 0));
        }
      }
      const flushed = states.map((one) => one.flushed);
      t.deepEqual(
        flushed,
        flushed.toSorted((a, b) => a - b),
      );
      t.is(flushed.at(-1), entries.length);
      t.deepEqual(chooseStates(entries, choice), states, 'the same seed makes the same states');
    }),
  );
});

test('every flush and every point between can be asked for', (t) => {
  fc.assert(
    fc.property(someLog, ({ entries }) => {
      const epochs = epochsOf(entries);
      const writes = entries.filter(({ flush }) => !flush);
      const all = epochs.length + 2 * epochs.length + 1;
      const choose = (between: number) =>
        chooseStates(entries, { between, subsets: 2, flushes: 'all', seed: 1 });
      t.is(choose(writes.length).length, all + writes.length);
      // More than there are writes: inside of them, at most each sector.
      const sectors = writes.reduce((sum, { length }) => sum + length / 512, 0);
      t.is(choose(1e6).length, all + sectors);
      const some = choose(writes.length * 2).length - all;
      t.true(some >= Math.min(writes.length * 2, sectors));
    }),
  );
});

test('random parts hold whole writes, torn ones, and leave some out', (t) => {
  const entries = Array.from({ length: 40 }, (_, index) => ({
    ...flush,
    flush: false,
    offset: index * 4096,
    length: 4096,
    data: 0,
  }));
  const states = chooseStates(entries, { between: 0, subsets: 20, flushes: 'all', seed: 3 });
  const pieces = states.flatMap((state) => state.pieces);
  t.true(pieces.some(({ length }) => length === 4096));
  t.true(pieces.some(({ length }) => length < 4096));
  t.true(states.some((state) => new Set(state.pieces.map(({ entry }) => entry)).size < 40));
});

test('an image shows each state as if it were made from the beginning', async (t) => {
  const { files } = linuxHost();
  const folder = temporaryFolder(t);
  const fresh = (name: string) => {
    writeFileSync(`${folder}/${name}`, '');
    truncateSync(`${folder}/${name}`, diskSize);
    return `${folder}/${name}`;
  };
  const expected = (log: WriteLog, { flushed, pieces }: State) => {
    const bytes = Buffer.alloc(diskSize);
    const put = (entry: number, from: number, length: number) =>
      bytes.fill(
        entry + 1,
        (log.entries[entry]?.offset ?? 0) + from,
        (log.entries[entry]?.offset ?? 0) + from + length,
      );
    for (let entry = 0; entry < flushed; entry += 1) put(entry, 0, log.entries[entry]?.length ?? 0);
    for (const { entry, from, length } of pieces) put(entry, from, length);
    return bytes;
  };
  await fc.assert(
    fc.asyncProperty(someLog, someChoice, async (log, choice) => {
      const disk = await ReplayedDisk.open(files, fresh('disk'), log);
      for (const state of chooseStates(log.entries, choice)) {
        await disk.show(state);
        t.is(Buffer.compare(await files.read(disk.path), expected(log, state)), 0, state.name);
      }
      await disk.close();
    }),
    { numRuns: runs(25) },
  );
});

test('what was flushed does not come back', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(`${folder}/disk`, new Uint8Array(512));
  const log: WriteLog = { entries: [flush, flush], read: async () => new Uint8Array() };
  const disk = await ReplayedDisk.open(linuxHost().files, `${folder}/disk`, log);
  await disk.show({ name: '', flushed: 2, pieces: [] });
  await t.throwsAsync(disk.show({ name: '', flushed: 1, pieces: [] }));
  await disk.close();
});

test('doctored logs: a forgotten flush joins epochs, an early mark comes before what it vouches for', (t) => {
  const write = (offset: number): LogEntry => ({ ...flush, flush: false, offset, length: 512, data: offset });
  const log: WriteLog = {
    entries: [write(0), flush, write(512), flush, write(1024), flush],
    read: async () => new Uint8Array(512),
  };
  t.is(epochsOf(withoutFlushes(log, 2, 5).entries).length, 2);
  t.is(epochsOf(withoutFlushes(log, 0, 6).entries).length, 1);
  t.deepEqual(
    lastWriteAt(log, 2).entries.map(({ data }) => data),
    [0, undefined, 1024, undefined, 512, undefined, undefined],
  );
});
