/** Where the parts of a new file come from: the result is always the file, and little is asked for. */
import test from 'ava';
import fc from 'fast-check';
import type { BlockIndex, Piece } from '../../../src/formats/block-index.ts';
import { endOf } from '../../../src/formats/byte-range.ts';
import { fetchedBytes, planDelta, requestCost, type Segment } from '../../../src/media/delta/segments.ts';

type Block = readonly [name: string, length: number];
const index = (...blocks: readonly Block[]): BlockIndex => {
  const pieces: Piece[] = [];
  let size = 0;
  for (const [digest, length] of blocks) {
    pieces.push({ offset: size, length, digest });
    size += length;
  }
  return { size, sha256: '', pieces };
};
const big = 10 * requestCost;
const short = (segments: readonly Segment[]) =>
  segments.map((one) =>
    one.from === 'remote'
      ? `remote ${one.offset}+${one.length}`
      : `local ${one.offset}+${one.length} of ${one.file} at ${one.fileOffset}`,
  );
const ranges = { ranges: true };

test('what is there is taken, the rest is fetched, neighbours are one', (t) => {
  const wanted = index(['a', big], ['new', 5], ['newer', 6], ['b', big], ['c', big]);
  const old = index(['x', 7], ['a', big], ['b', big], ['c', big]);
  t.deepEqual(short(planDelta(wanted, [old], ranges)), [
    `local 0+${big} of 0 at 7`,
    `remote ${big}+11`,
    `local ${big + 11}+${2 * big} of 0 at ${7 + big}`,
  ]);
});

test('a piece that is there twice is taken behind the one before it', (t) => {
  const old = index(['zero', big], ['a', big], ['zero', big]);
  t.deepEqual(short(planDelta(index(['a', big], ['zero', big]), [old], ranges)), [
    `local 0+${2 * big} of 0 at ${big}`,
  ]);
});

test('several files are looked through', (t) => {
  const wanted = index(['a', big], ['b', big]);
  t.deepEqual(short(planDelta(wanted, [index(['b', big]), index(['a', big])], ranges)), [
    `local 0+${big} of 1 at 0`,
    `local ${big}+${big} of 0 at 0`,
  ]);
});

test('the same digest with another length is not that piece', (t) => {
  t.deepEqual(short(planDelta(index(['a', big]), [index(['a', big + 1])], ranges)), [`remote 0+${big}`]);
});

test('a gap that costs less than a request is fetched along, a larger one is not', (t) => {
  const of = (gap: number) => index(['keep', big], ['new', 9], ['gap', gap], ['newer', 9], ['rest', big]);
  const plan = (gap: number) =>
    planDelta(of(gap), [index(['keep', big], ['gap', gap], ['rest', big])], ranges);
  t.is(plan(requestCost).filter(({ from }) => from === 'remote').length, 1);
  t.is(plan(requestCost + 1).filter(({ from }) => from === 'remote').length, 2);
});

test('the whole file where nothing is gained, or the server has no ranges', (t) => {
  const wanted = index(['a', requestCost], ['new', 9], ['b', requestCost]);
  t.deepEqual(short(planDelta(wanted, [], ranges)), [`remote 0+${wanted.size}`]);
  t.deepEqual(short(planDelta(wanted, [index(['a', requestCost])], { ranges: false })), [
    `remote 0+${wanted.size}`,
  ]);
  // Two requests for 100 bytes each with a gap of just more than a request costs.
  const two = index(['n', 100], ['gap', requestCost + 1], ['m', 100]);
  t.is(fetchedBytes(planDelta(two, [index(['gap', requestCost + 1])], ranges)), 200);
  t.deepEqual(planDelta(index(), [], ranges), []);
});

const blocks = fc.array(
  fc.constantFrom<Block>(['a', 3], ['b', 90_000], ['c', 400_000], ['d', 70_000], ['e', 65_536], ['f', 1]),
  { maxLength: 40 },
);
test('segments cover the file and name only what is there', (t) =>
  fc.assert(
    fc.property(blocks, fc.array(blocks, { maxLength: 3 }), (wantedBlocks, localBlocks) => {
      const wanted = index(...wantedBlocks);
      const locals = localBlocks.map((of) => index(...of));
      const segments = planDelta(wanted, locals, ranges);
      let position = 0;
      for (const [at, segment] of segments.entries()) {
        t.is(segment.offset, position);
        t.true(segment.length > 0);
        position = endOf(segment);
        if (segment.from === 'remote') {
          t.not(segments[at - 1]?.from, 'remote');
          continue;
        }
        t.is(
          segment.pieces.reduce((sum, { length }) => sum + length, 0),
          segment.length,
        );
        for (const piece of segment.pieces) {
          const offset = segment.fileOffset + piece.offset - segment.offset;
          const there = locals[segment.file]?.pieces.find((one) => one.offset === offset && one.length > 0);
          t.is(there?.digest, piece.digest);
          t.is(wanted.pieces.find((one) => one.offset === piece.offset)?.digest, piece.digest);
        }
      }
      t.is(position, wanted.size);
      t.true(fetchedBytes(segments) <= wanted.size);
    }),
  ));
