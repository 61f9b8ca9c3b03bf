/** Raw LZMA against the streams that xz makes. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { decodeLzma } from '../../../src/formats/compression/lzma.ts';
import { runs } from '../../properties.ts';
import { sameBytes } from '../support.ts';

/** As GRUB packs: lc=3, lp=0, pb=2, a dictionary of 64 KiB; xz writes no end marker in a raw stream with this option. */
function packed(bytes: Uint8Array): Buffer {
  const options = ['--format=lzma', '--lzma1=lc=3,lp=0,pb=2,dict=64KiB', '--stdout'];
  const alone = Buffer.from(execaSync('xz', options, { input: bytes, encoding: 'buffer' }).stdout);
  // The header of .lzma: properties (1), dictionary (4), size (8).
  return alone.subarray(13);
}

const roundTrip = (t: ExecutionContext, bytes: Buffer) =>
  sameBytes(t, decodeLzma(packed(bytes), bytes.length)?.output, bytes);

const texts: Readonly<Record<string, Buffer>> = {
  'one byte': Buffer.from('x'),
  'the same again and again': Buffer.alloc(5000, 'ab'),
  'long matches far apart': Buffer.concat([
    Buffer.alloc(300, 'y'),
    Buffer.alloc(60_000, 'no '),
    Buffer.alloc(300, 'y'),
  ]),
  text: Buffer.from('search.fs_uuid 5a2f7c1e-0d3b-4f6a root\nset prefix=($root)/boot/grub\n'.repeat(9)),
  'a program': readFileSync('/bin/sh'),
};
for (const [name, bytes] of Object.entries(texts)) test(`unpacks ${name}`, (t) => roundTrip(t, bytes));

test('unpacks whatever xz packs', (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(...Object.values(texts).slice(0, 4)),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      if (bytes.length > 0) roundTrip(t, bytes);
    }),
    { numRuns: runs(25) },
  );
});

test('any bytes end, in what they unpack to or in nothing', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 5000 }), (bytes, size) => {
      const found = decodeLzma(bytes, size);
      t.true(found === undefined || found.output.length === size);
    }),
  );
});

test('a stream that ends early is none', (t) => {
  const bytes = texts['a program'] ?? Buffer.alloc(0);
  t.is(decodeLzma(packed(bytes).subarray(0, 1000), bytes.length), undefined);
});
