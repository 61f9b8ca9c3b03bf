/** A stream that is read ahead: the same pieces, never more than the limit, and its end in every case. */
import test from 'ava';
import { readAhead } from '../../../src/media/delta/read-ahead.ts';

const forEver = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

function counted(count: number, size: number, fails = false) {
  const seen = { given: 0, closed: false };
  const open = (signal: AbortSignal) =>
    (async function* () {
      try {
        for (; seen.given < count; seen.given += 1) {
          signal.throwIfAborted();
          yield Buffer.alloc(size, seen.given);
        }
        if (fails) throw new Error('cut');
      } finally {
        seen.closed = true;
      }
    })();
  return { seen, open };
}

test('all pieces, in order', async (t) => {
  const { seen, open } = counted(50, 10);
  const found: number[] = [];
  for await (const piece of readAhead(open, 25, forEver)) found.push(piece[0] ?? -1);
  t.deepEqual(
    found,
    Array.from({ length: 50 }, (_, index) => index),
  );
  t.true(seen.closed);
});

test('it goes on while nobody reads, up to the limit', async (t) => {
  const { seen, open } = counted(50, 10);
  const reading = readAhead(open, 25, forEver);
  await reading.next();
  for (let round = 0; round < 20; round += 1) await turn();
  // One is taken, 30 bytes wait; the next is not asked for before there is room.
  t.is(seen.given, 3);
  await reading.return(undefined);
  t.true(seen.closed);
});

test('what came before a failure is given first', async (t) => {
  const { open } = counted(3, 10, true);
  const found: number[] = [];
  const read = async () => {
    for await (const piece of readAhead(open, 1000, forEver)) {
      for (let round = 0; round < 5; round += 1) await turn();
      found.push(piece[0] ?? -1);
    }
  };
  await t.throwsAsync(read(), { message: 'cut' });
  t.deepEqual(found, [0, 1, 2]);
});

test('an interruption is told', async (t) => {
  const stop = new AbortController();
  const { seen, open } = counted(1000, 10);
  const read = async () => {
    for await (const _ of readAhead(open, 25, stop.signal)) stop.abort(new Error('enough'));
  };
  await t.throwsAsync(read(), { message: 'enough' });
  t.true(seen.closed);
});
