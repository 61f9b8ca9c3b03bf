/** Several ranges of sources that are one after the other: the same bytes, whoever gives how many of them. */
import test from 'ava';
import fc from 'fast-check';
import { type ByteRange, endOf } from '../../src/formats/byte-range.ts';
import { type JoinedPart, severalJoined, streamJoined } from '../../src/formats/joined-bytes.ts';
import { runs } from '../properties.ts';

const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 251));

/** Gives so many ranges of those that it is asked for; null: it cannot give several. */
function partOf(content: Buffer, gives: number | null): JoinedPart {
  return {
    size: content.length,
    stream: async function* (from, to) {
      yield content.subarray(from, to);
    },
    ...(gives === null
      ? {}
      : {
          several: async function* (ranges: readonly ByteRange[]) {
            for (const range of ranges.slice(0, gives)) {
              if (range.offset < 0 || endOf(range) > content.length) throw new RangeError('beyond the part');
              yield content.subarray(range.offset, endOf(range));
            }
            return ranges.slice(gives);
          },
        }),
  };
}

test('what is given and what is left are the ranges', (t) =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 299 }), { maxLength: 4 }),
      fc.uniqueArray(fc.nat(300), { minLength: 2, maxLength: 12 }),
      fc.option(fc.nat(5)),
      async (cuts, places, gives) => {
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const parts = ends.map((end, index) => partOf(bytes.subarray(ends[index - 1] ?? 0, end), gives));
        const edges = places.toSorted((a, b) => a - b);
        const ranges: ByteRange[] = [];
        for (let index = 0; index + 1 < edges.length; index += 2) {
          const [offset = 0, end = 0] = edges.slice(index, index + 2);
          ranges.push({ offset, length: end - offset });
        }
        const found: Uint8Array[] = [];
        const reading = severalJoined(parts, ranges);
        let step = await reading.next();
        for (; step.done !== true; step = await reading.next()) found.push(step.value);
        for (const range of step.value)
          for await (const piece of streamJoined(parts, range.offset, endOf(range))) found.push(piece);
        const expected = ranges.map((range) => bytes.subarray(range.offset, endOf(range)));
        t.is(Buffer.compare(Buffer.concat(found), Buffer.concat(expected)), 0);
      },
    ),
    { numRuns: runs(300) },
  ));
