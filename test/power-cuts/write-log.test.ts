import test from 'ava';
import fc from 'fast-check';
import { fromBytes } from '../../src/formats/bytes.ts';
import { damaged, sameBytes } from '../formats/support.ts';
import { runs } from '../properties.ts';
import { readWriteLog } from './write-log.ts';

interface Entry {
  readonly sector: number;
  readonly flags: number;
  readonly data: Uint8Array;
}

/** A log as its writer makes it; the data is cut to whole sectors. */
function written(entries: readonly Entry[], sectorSize = 512): Uint8Array {
  const first = Buffer.alloc(sectorSize);
  first.write('rhswfsj\0', 'latin1');
  first.writeBigUInt64LE(1n, 8);
  first.writeBigUInt64LE(BigInt(entries.length), 16);
  first.writeUInt32LE(sectorSize, 24);
  const parts: Uint8Array[] = [first];
  for (const { sector, flags, data } of entries) {
    const head = Buffer.alloc(sectorSize);
    const sectors = Math.floor(data.length / sectorSize);
    head.writeBigUInt64LE(BigInt(sector), 0);
    head.writeBigUInt64LE(BigInt(sectors), 8);
    head.writeBigUInt64LE(BigInt(flags), 16);
    parts.push(head, data.subarray(0, sectors * sectorSize));
  }
  return Buffer.concat(parts);
}

const entry = fc.record({
  sector: fc.nat(10_000),
  flags: fc.constantFrom(0, 1, 2, 3),
  data: fc.uint8Array({ maxLength: 2100, size: 'max' }),
});

test('entries come back with their data, whatever the sector size', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), fc.constantFrom(512, 1024), async (entries, size) => {
      const log = await readWriteLog(fromBytes(written(entries, size)));
      t.is(log.entries.length, entries.length);
      for (const [index, one] of log.entries.entries()) {
        const { sector, flags, data } = entries[index] as Entry;
        const length = data.length - (data.length % size);
        t.deepEqual(
          [one.offset, one.length, one.flush, one.fua],
          [sector * size, length, (flags & 1) !== 0, (flags & 2) !== 0],
        );
        if (length > 0) sameBytes(t, await log.read(one, 0, length), data.subarray(0, length));
        else t.is(one.data, undefined);
      }
    }),
    { numRuns: runs(200) },
  );
});

test('discards have no data behind them and, like marks, are left out', async (t) => {
  const bytes = Buffer.from(
    written([
      { sector: 1, flags: 4, data: new Uint8Array() },
      { sector: 2, flags: 0, data: new Uint8Array(512).fill(7) },
    ]),
  );
  // A discard says how much it is about.
  bytes.writeBigUInt64LE(1000n, 512 + 8);
  const log = await readWriteLog(fromBytes(bytes));
  t.deepEqual(
    log.entries.map(({ offset }) => offset),
    [1024],
  );
});

test('damage is told, and nothing is made of it', async (t) => {
  const whole = written([
    { sector: 5, flags: 0, data: new Uint8Array(1024).fill(1) },
    { sector: 0, flags: 1, data: new Uint8Array() },
  ]);
  await fc.assert(
    fc.asyncProperty(damaged(whole, fc.nat(whole.length - 1)), async (bytes) => {
      const log = await readWriteLog(fromBytes(bytes)).catch((error: Error) => {
        t.regex(error.message, /log|entry/);
        return undefined;
      });
      for (const one of log?.entries ?? []) t.true((one.data ?? 0) + one.length <= bytes.length);
    }),
    { numRuns: runs(200) },
  );
  await t.throwsAsync(readWriteLog(fromBytes(new Uint8Array(4096))), { message: /no log/ });
});

test('no more is read of an entry than it has', async (t) => {
  const log = await readWriteLog(fromBytes(written([{ sector: 0, flags: 0, data: new Uint8Array(512) }])));
  const [one] = log.entries;
  if (one === undefined) return t.fail();
  await t.throwsAsync(log.read(one, 1, 512));
});
