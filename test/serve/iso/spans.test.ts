/** Ranges put together from spans, against the overlay that `opsctl iso remaster -o -` reads from. */
import test from 'ava';
import fc from 'fast-check';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { overlaid } from '../../../src/iso/edit/overlay.ts';
import { bytesPiece, type Piece } from '../../../src/iso/pieces.ts';
import { flattened, segmentsOf } from '../../../src/serve/iso/spans.ts';
import { sameBytes } from '../../formats/support.ts';

const base = Uint8Array.from({ length: 60 }, (_, index) => index + 1);
const file = Uint8Array.from({ length: 40 }, (_, index) => 200 - index);

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.tuple(fc.nat(90), fc.uint8Array({ maxLength: 20 })).map(([offset, bytes]) => bytesPiece(offset, bytes)),
  fc
    .tuple(fc.nat(90), fc.nat(15), fc.nat(20))
    .map(
      ([offset, start, size]): Piece => ({ offset, content: { kind: 'file', path: 'file', start, size } }),
    ),
);

test('every range is what the overlay has there', async (t) => {
  const some = fc.tuple(fc.array(piece, { maxLength: 8 }), fc.nat(119), fc.integer({ min: 1, max: 120 }));
  await fc.assert(
    fc.asyncProperty(some, async ([pieces, offset, wanted]) => {
      const size = 120;
      const length = Math.min(wanted, size - offset);
      const expected = await overlaid(fromBytes(base), pieces, size, async () => fromBytes(file)).read(
        offset,
        length,
      );
      const found = segmentsOf(flattened(pieces), base.length, { offset, length }).map((segment) => {
        if (segment.kind === 'bytes') return segment.bytes;
        if (segment.kind === 'zeros') return new Uint8Array(segment.length);
        const { range } = segment;
        return (segment.kind === 'base' ? base : file).subarray(range.offset, range.offset + range.length);
      });
      sameBytes(t, Buffer.concat(found), expected);
    }),
  );
});

test('spans keep no more memory than their bytes', (t) => {
  const large = new Uint8Array(1_000_000);
  const [span] = flattened([bytesPiece(0, large.subarray(0, 10))]);
  t.true(span?.content.kind === 'bytes' && span.content.bytes.buffer.byteLength === 10);
});
