/** Several ranges in one answer: however the body is cut, and whatever a server makes of it. */
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { boundaryOf, partsOf } from '../../src/formats/multipart-byteranges.ts';
import { multipartOf, type SentPart } from '../fakes/range-server.ts';
import { runs } from '../properties.ts';

const boundary = 'between_parts';

/** In pieces that end at the given places. */
async function* cutAt(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(places.filter((place) => place <= bytes.length))].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function read(body: AsyncIterable<Uint8Array>): Promise<SentPart[]> {
  const parts: SentPart[] = [];
  for await (const { part, total = '*', offset, bytes } of partsOf(body, boundary)) {
    const last = parts.at(-1);
    const isFirst = offset === part.offset;
    const before = isFirst || last === undefined ? Buffer.alloc(0) : last.bytes;
    if (!isFirst) parts.pop();
    const all = Buffer.concat([before, bytes]);
    parts.push({ start: part.offset, end: part.offset + part.length, total, bytes: all });
  }
  return parts;
}

const partOf = (start: number, bytes: Uint8Array): SentPart => ({
  ...{ start, end: start + bytes.length, total: 10_000 },
  bytes: Buffer.from(bytes),
});
/** With what looks like the end of a part. */
const content = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }),
  fc
    .constantFrom(`\r\n--${boundary}--\r\n`, `\r\n--${boundary}\r\n\r\n`, '\r\n', '\n')
    .map((text) => Buffer.from(text)),
);
const anyParts = fc.array(
  fc.tuple(fc.nat(9000), content).map(([start, bytes]) => partOf(start, bytes)),
  {
    maxLength: 6,
  },
);

const headed = (header: string) => Buffer.from(`--${boundary}\r\n${header}\r\n\r\nx\r\n--${boundary}--\r\n`);
for (const header of [
  ...['Content-Type: text/plain', 'Content-Range: bytes 5-4/10', 'Content-Range: bytes 5-5/5'],
  ...['Content-Range: bytes */10', 'Content-Range: lines 1-2/10'],
])
  test(`a part with ${header} does not say where it belongs`, async (t) => {
    const error = await t.throwsAsync(read(cutAt(headed(header), [])));
    t.regex(String(error?.message), /a part does not say where it belongs/);
  });

test('the parts, however the body is cut', (t) =>
  fc.assert(
    fc.asyncProperty(anyParts, fc.array(fc.nat(2000)), fc.boolean(), async (parts, places, single) => {
      const body = multipartOf(parts);
      const every = single ? body.map((_, index) => index) : places;
      t.deepEqual(await read(cutAt(body, [...every])), parts);
    }),
  ));

test('a body that ends early is incomplete, wherever it ends, and gives no byte that is not of a part', (t) =>
  fc.assert(
    fc.asyncProperty(anyParts, fc.nat(5000), async (parts, at) => {
      const body = multipartOf(parts);
      const whole = body.length - '\r\n'.length;
      const error = await t.throwsAsync(read(cutAt(body.subarray(0, at % whole), [])), {
        instanceOf: OpsError,
      });
      t.is(error?.code, 'multipart-incomplete');
    }),
  ));

test('whatever is changed: an error of ours, or parts that say where they belong', (t) =>
  fc.assert(
    fc.asyncProperty(anyParts, fc.nat(), fc.nat(255), async (parts, at, byte) => {
      const body = multipartOf(parts);
      body[at % body.length] = byte;
      try {
        for (const { start, end, bytes } of await read(cutAt(body, []))) t.is(bytes.length, end - start);
      } catch (error) {
        t.true(error instanceof OpsError && /^multipart-/.test(error.code));
      }
    }),
    { numRuns: runs(500) },
  ));

const one = partOf(5, Buffer.from('12345'));
const refuses = test.macro({
  title: (name) => `refused: ${name}`,
  exec: async (t, body: string) => {
    const error = await t.throwsAsync(read(cutAt(Buffer.from(body), [])), { instanceOf: OpsError });
    t.is(error?.code, 'multipart-invalid');
  },
});
const text = multipartOf([one]).toString();
test('no Content-Range', refuses, text.replace('Content-Range', 'Content-Length'));
test('two of them', refuses, text.replace('Content-Range', 'Content-Range: bytes 0-1/2\r\nContent-Range'));
test('an end before the beginning', refuses, text.replace('5-9', '9-5'));
test('beyond the end of the file', refuses, text.replace('/10000', '/7'));
test('a number that is too large', refuses, text.replace('5-9', '5-9999999999999999'));
test('a part that is longer than it says', refuses, text.replace('5-9', '5-8'));
test('a part that is shorter than it says, and another', refuses, text.replace('5-9', '5-12') + text);
test('a head without an end', refuses, text.replace('\r\n\r\n1', `\r\nx: ${'y'.repeat(9000)}\r\n\r\n1`));
test('a preamble without an end', refuses, 'x\r\n'.repeat(4000) + text);

test('what servers write: a preamble, other headers, line feeds alone, white space, an unknown size', async (t) => {
  const body = [
    ...['a preamble', `--${boundary} \t`, 'CONTENT-RANGE:  bytes 5-9/*', 'Content-Type: text/plain; x=y', ''],
    ...['12345', `--${boundary}--`, 'an epilogue'],
  ];
  t.deepEqual(await read(cutAt(Buffer.from(body.join('\n')), [])), [{ ...one, total: '*' }]);
});

test('the boundary of a header', (t) => {
  const found: [header: string, boundary: string | undefined][] = [
    ['multipart/byteranges; boundary=00000000000000000003', '00000000000000000003'],
    ['Multipart/ByteRanges; charset=x; Boundary="a b:c"', 'a b:c'],
    ['multipart/byteranges;boundary=x; more=y', 'x'],
    ['multipart/byteranges', undefined],
    ['multipart/byteranges; boundary=', undefined],
    [`multipart/byteranges; boundary=${'x'.repeat(71)}`, undefined],
    ['multipart/mixed; boundary=x', undefined],
    ['application/octet-stream', undefined],
    ['', undefined],
  ];
  for (const [header, expected] of found) t.is(boundaryOf(header), expected, header);
});

test('who reads no further lets go of the body', async (t) => {
  let closed = false;
  async function* body() {
    try {
      yield multipartOf([one, one]);
    } finally {
      closed = true;
    }
  }
  for await (const _ of partsOf(body(), boundary)) break;
  t.true(closed);
});
