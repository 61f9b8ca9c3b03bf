/** What is kept of machines' ISOs: as much as memory allows, and what they have in common once. */
import test from 'ava';
import fc from 'fast-check';
import { bytesPiece, type Piece } from '../../../src/iso/pieces.ts';
import { PersonalCache } from '../../../src/serve/iso/cache.ts';
import type { PersonalIso } from '../../../src/serve/iso/personal-iso.ts';
import { SharedPieces } from '../../../src/serve/iso/shared-pieces.ts';

const isoOf = (spans: readonly Piece[]): PersonalIso => ({
  ...{ etag: '"a"', size: 100_000, baseSize: 50_000 },
  ...{ spans, versions: new Map() },
});
const filled = (offset: number, length: number, value: number) =>
  bytesPiece(offset, new Uint8Array(length).fill(value));

test('what two ISOs have in common is kept once', async (t) => {
  const cache = new PersonalCache(1_000_000);
  const make = (own: number) => async () => isoOf([filled(0, 20_000, 7), filled(30_000, 10, own)]);
  const first = await cache.get('a', make(1));
  const bytes = cache.bytes;
  t.true(bytes > 20_000);
  const second = await cache.get('b', make(2));
  t.is(second.spans[0], first.spans[0]);
  t.not(second.spans[1], first.spans[1]);
  t.deepEqual(second.spans, isoOf([filled(0, 20_000, 7), filled(30_000, 10, 2)]).spans);
  t.true(cache.bytes < bytes + 3000);
});

test('the same bytes at another place are another piece', (t) => {
  const pieces = new SharedPieces();
  const [one] = pieces.share([filled(0, 10, 1)]);
  const [other] = pieces.share([filled(8, 10, 1)]);
  t.not(one, other);
  const file = (path: string): Piece => ({ offset: 0, content: { kind: 'file', path, size: 10 } });
  t.not(pieces.share([file('a')])[0], pieces.share([file('b')])[0]);
});

test('the least recently wanted goes first, and with it only what nobody else has', async (t) => {
  const cache = new PersonalCache(44_000);
  const common = filled(0, 20_000, 7);
  const make = (own: number) => async () => isoOf([common, filled(30_000, 10_000, own)]);
  await cache.get('a', make(1));
  await cache.get('b', make(2));
  await cache.get('a', make(9));
  await cache.get('c', make(3));
  t.is(cache.entries, 2);
  let made = false;
  await cache.get('a', async () => {
    made = true;
    return isoOf([]);
  });
  t.false(made);
  t.true(cache.bytes > 40_000 && cache.bytes <= 44_000);
});

test('what is forgotten as often as it was shared takes no memory', (t) => {
  const spans = fc.array(
    fc
      .tuple(fc.nat(3), fc.nat(2), fc.nat(3))
      .map(([offset, length, value]) => filled(offset * 10, length, value)),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(fc.array(spans, { maxLength: 6 }), (all) => {
      const pieces = new SharedPieces();
      const shared = all.map((some) => pieces.share(some));
      t.deepEqual(shared, all);
      const distinct = new Set(all.flat().map((piece) => JSON.stringify(piece))).size;
      t.is(new Set(shared.flat()).size, distinct);
      for (const some of shared) pieces.forget(some);
      t.is(pieces.bytes, 0);
    }),
  );
});
