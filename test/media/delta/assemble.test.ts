/** A file put together from pieces: whatever the local files hold, the result is the file. */
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import type { BlockIndex, Piece } from '../../../src/formats/block-index.ts';
import { type ByteRange, endOf } from '../../../src/formats/byte-range.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { assemble, type LocalBytes } from '../../../src/media/delta/assemble.ts';
import { planDelta } from '../../../src/media/delta/segments.ts';
import { runs } from '../../properties.ts';

function indexOf(bytes: Buffer, lengths: readonly number[]): BlockIndex {
  const pieces: Piece[] = [];
  let offset = 0;
  for (const length of [...lengths, bytes.length]) {
    const part = bytes.subarray(offset, offset + length);
    if (part.length === 0) continue;
    pieces.push({ offset, length: part.length, digest: sha256Of(part).slice(0, 32) });
    offset += part.length;
  }
  return { size: bytes.length, sha256: sha256Of(bytes), pieces };
}

/** Read as a file is: into memory that is somebody else's, which is used again. */
const inMemory = (bytes: Buffer): LocalBytes => ({
  readInto: async (offset, target) => bytes.copy(target, 0, offset),
});

async function put(
  wanted: Buffer,
  wantedIndex: BlockIndex,
  local: Buffer,
  localIndex: BlockIndex,
  broken: readonly number[] = [],
) {
  const asked: ByteRange[] = [];
  const fetch = async function* (ranges: readonly ByteRange[]): AsyncGenerator<Uint8Array> {
    for (const range of ranges) {
      asked.push(range);
      // In two parts that have nothing to do with pieces.
      const middle = range.offset + Math.floor(range.length / 3);
      yield wanted.subarray(range.offset, middle);
      yield wanted.subarray(middle, endOf(range));
    }
  };
  const damaged = Buffer.from(local);
  for (const at of broken) if (at < damaged.length) damaged[at] = (damaged[at] ?? 0) ^ 1;
  const missing: Piece[] = [];
  const parts: Buffer[] = [];
  const bytes = assemble({
    segments: planDelta(wantedIndex, [localIndex], { ranges: true }),
    locals: [inMemory(damaged)],
    fetch,
    missing: (piece) => missing.push(piece),
    signal: new AbortController().signal,
  });
  for await (const part of bytes) parts.push(Buffer.from(part));
  return { result: Buffer.concat(parts), asked, missing };
}

const mixed = (seed: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, at) => (at * seed + (at >> 8) * 31) & 255));
const whole = mixed(11, 1_400_000);
const lengths = [700_000, 700_000];
const [one, two, three] = [mixed(3, 200_000), mixed(5, 150_000), mixed(7, 90_000)];

test('local pieces and fetched ones, in order', async (t) => {
  const wanted = Buffer.concat([one, three, two]);
  const local = Buffer.concat([two, one]);
  const { result, asked, missing } = await put(
    wanted,
    indexOf(wanted, [200_000, 90_000]),
    local,
    indexOf(local, [150_000]),
  );
  t.is(Buffer.compare(result, wanted), 0);
  t.deepEqual(asked, [{ from: 'remote', offset: 200_000, length: 90_000 } as ByteRange]);
  t.deepEqual(missing, []);
});

test('a local piece that is not what its index says is fetched, and only that', async (t) => {
  const wanted = Buffer.concat([one, two]);
  const index = indexOf(wanted, [100_000, 100_000]);
  const { result, asked, missing } = await put(wanted, index, wanted, index, [150_000]);
  t.is(Buffer.compare(result, wanted), 0);
  t.deepEqual(
    asked.map(({ offset, length }) => [offset, length]),
    [[100_000, 100_000]],
  );
  t.is(missing.length, 1);
});

test('a local file that ends early or cannot be read', async (t) => {
  const wanted = Buffer.concat([one, two]);
  const index = indexOf(wanted, [200_000]);
  const { result } = await put(wanted, index, wanted.subarray(0, 250_000), index);
  t.is(Buffer.compare(result, wanted), 0);
  const failing = assemble({
    segments: planDelta(index, [index], { ranges: true }),
    locals: [{ readInto: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) }],
    fetch: async function* (ranges) {
      for (const range of ranges) yield wanted.subarray(range.offset, endOf(range));
    },
    signal: new AbortController().signal,
  });
  const parts: Buffer[] = [];
  for await (const part of failing) parts.push(Buffer.from(part));
  t.is(Buffer.compare(Buffer.concat(parts), wanted), 0);
});

test('a server that sends too little', async (t) => {
  const bytes = assemble({
    segments: [{ from: 'remote', offset: 0, length: 100 }],
    locals: [],
    fetch: async function* () {
      yield Buffer.alloc(40);
    },
    signal: new AbortController().signal,
  });
  const read = async () => {
    for await (const _ of bytes);
  };
  const error = await t.throwsAsync(read(), { code: 'url-incomplete', message: /60 bytes less/ });
  t.true(error instanceof OpsError);
});

test('it stops when it is interrupted, and lets go of what it asked for', async (t) => {
  const stop = new AbortController();
  let closed = false;
  const bytes = assemble({
    segments: [
      { from: 'remote', offset: 0, length: 100 },
      ...planDelta(indexOf(one, []), [indexOf(one, [])], { ranges: true }),
    ],
    locals: [inMemory(one)],
    fetch: async function* () {
      try {
        yield Buffer.alloc(200);
      } finally {
        closed = true;
      }
    },
    signal: stop.signal,
  });
  await bytes.next();
  stop.abort(new Error('enough'));
  await t.throwsAsync(bytes.next(), { message: 'enough' });
  t.true(closed);
});

test('who wants no more is let go when nothing is being read any more: the memory and the file are theirs again', async (t) => {
  const reading = Promise.withResolvers<void>();
  const events: string[] = [];
  const bytes = assemble({
    // Two reads: the second begins while the first is used.
    segments: planDelta(indexOf(whole, lengths), [indexOf(whole, lengths)], { ranges: true }),
    locals: [
      {
        readInto: async (offset, target) => {
          if (offset > 0) await reading.promise;
          events.push(`read ${offset > 0 ? 2 : 1}`);
          return whole.copy(target, 0, offset);
        },
      },
    ],
    fetch: async function* () {},
    signal: new AbortController().signal,
  });
  await bytes.next();
  const left = bytes.return(undefined).then(() => events.push('left'));
  await new Promise(setImmediate);
  t.deepEqual(events, ['read 1']);
  reading.resolve();
  await left;
  t.deepEqual(events, ['read 1', 'read 2', 'left']);
});

test('whatever changes and whatever is damaged, the result is the file', (t) =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 12 }),
      fc.array(fc.nat(349_999), { maxLength: 4 }),
      fc.array(fc.nat(349_999), { maxLength: 4 }),
      async (lengths, changes, broken) => {
        const wanted = Buffer.concat([one, two]);
        const local = Buffer.from(wanted);
        for (const at of changes) local[at] = (local[at] ?? 0) ^ 255;
        const { result } = await put(
          wanted,
          indexOf(wanted, lengths),
          local,
          indexOf(local, lengths),
          broken,
        );
        t.is(Buffer.compare(result, wanted), 0);
      },
    ),
    { numRuns: runs(60) },
  ));
