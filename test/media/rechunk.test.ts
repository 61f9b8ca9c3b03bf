import test from 'ava';
import fc from 'fast-check';
import { rechunk } from '../../src/media/rechunk.ts';
import { runs } from '../properties.ts';

async function* source(parts: readonly Uint8Array[], fail = false): AsyncGenerator<Uint8Array> {
  // The same memory every time: only what was copied in time is right.
  const memory = new Uint8Array(1000);
  for (const part of parts) {
    memory.set(part);
    yield memory.subarray(0, part.length);
    memory.fill(0);
  }
  if (fail) throw new Error('cut');
}

const someParts = fc.array(fc.uint8Array({ maxLength: 1000 }));

test('property: the same bytes, in pieces of one size, each good until the next is asked for', async (t) => {
  await fc.assert(
    fc.asyncProperty(someParts, fc.integer({ min: 1, max: 3000 }), async (parts, size) => {
      const copies: Buffer[] = [];
      const sizes: number[] = [];
      for await (const piece of rechunk(source(parts), size)) {
        // The next one is being fetched by now.
        await new Promise((resolve) => setImmediate(resolve));
        copies.push(Buffer.from(piece));
        sizes.push(piece.length);
      }
      t.is(Buffer.compare(Buffer.concat(copies), Buffer.concat(parts)), 0);
      t.true(sizes.slice(0, -1).every((one) => one === size));
    }),
    { numRuns: runs(50) },
  );
});

test('a source that fails, fails here; a reader that stops, stops it', async (t) => {
  const bytes = new Uint8Array(10);
  const all = async () => {
    for await (const _ of rechunk(source([bytes, bytes], true), 4));
  };
  await t.throwsAsync(all, { message: 'cut' });
  let ended = false;
  async function* watched() {
    try {
      for (;;) yield bytes;
    } finally {
      ended = true;
    }
  }
  for await (const _ of rechunk(watched(), 4)) break;
  t.true(ended);
});
