import test from 'ava';
import fc from 'fast-check';
import { fromBytes } from '../../src/formats/bytes.ts';
import { cached } from '../../src/formats/cached-source.ts';
import { runs } from '../properties.ts';

const content = Buffer.from(Array.from({ length: 2_000_003 }, (_, index) => (index * 7919) >> 4));

test('property: the same bytes as the source, whatever was read before', async (t) => {
  const source = cached(fromBytes(content));
  await fc.assert(
    fc.asyncProperty(fc.nat(content.length + 10), fc.nat(200_000), async (offset, length) => {
      const expected = content.subarray(Math.min(offset, content.length), offset + length);
      t.is(Buffer.compare(await source.read(offset, length), expected), 0);
    }),
    { numRuns: runs(300) },
  );
});

test('a place that was looked at is not read again, one that failed is', async (t) => {
  let reads = 0;
  let failing = false;
  const source = cached({
    size: content.length,
    read: async (offset, length) => {
      reads += 1;
      if (failing) throw new Error('cut');
      return content.subarray(offset, offset + length);
    },
  });
  await source.read(32_768, 2048);
  await source.read(36_864, 2048);
  t.is(reads, 1);
  failing = true;
  await t.throwsAsync(source.read(1_000_000, 10), { message: 'cut' });
  failing = false;
  t.is((await source.read(1_000_000, 10)).length, 10);
});
