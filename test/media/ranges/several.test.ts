/** Several ranges from one request: of servers that can, of those that cannot, and of those that lie. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { type ByteRange, endOf } from '../../../src/formats/byte-range.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Clock, Host } from '../../../src/host/ports.ts';
import { fetchRanges } from '../../../src/media/delta/ranges.ts';
import { openImage } from '../../../src/media/image.ts';
import { type Behaviour, type SentPart, serveRanges } from '../../fakes/range-server.ts';
import { sameBytes } from '../../formats/support.ts';
import { runs } from '../../properties.ts';

const real = linuxHost();
const clock: Clock = { ...real.clock, sleep: async () => {} };
const host: Host = { ...real, clock, system: { ...real.system, env: {} } };

/** Larger than what the first request brings, so that every range is asked for. */
const file = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * 7 + (at >> 8) * 13) & 255));
const ranges: readonly ByteRange[] = [
  { offset: 300_000, length: 10_000 },
  { offset: 400_000, length: 1 },
  { offset: 500_000, length: 100_000 },
  { offset: 699_000, length: 1000 },
];
const bytesOf = (wanted: readonly ByteRange[]) =>
  Buffer.concat(wanted.map((range) => file.subarray(range.offset, endOf(range))));

async function serve(t: ExecutionContext, behaviour: Behaviour) {
  const server = await serveRanges(file, behaviour);
  t.teardown(server.close);
  return server;
}

/** What comes, and what was asked for after the first request, which looks at the file. */
async function fetched(
  server: Awaited<ReturnType<typeof serve>>,
  wanted = ranges,
): Promise<{ readonly bytes: Buffer; readonly asked: readonly string[] }> {
  const image = await openImage(host, server.url, 'url:image');
  const before = server.asked.length;
  const pieces: Buffer[] = [];
  for await (const piece of fetchRanges(image, wanted, new AbortController().signal))
    pieces.push(Buffer.from(piece));
  const asked = server.asked.slice(before).map((line) => line.replace('/bos.iso bytes=', ''));
  return { bytes: Buffer.concat(pieces), asked };
}

const all = '300000-309999,400000-400000,500000-599999,699000-699999';
const singles = all.split(',');
const asItIs = (parts: readonly SentPart[]) => parts;

test('one request for all of them', async (t) => {
  const { bytes, asked } = await fetched(await serve(t, { several: asItIs }));
  t.is(Buffer.compare(bytes, bytesOf(ranges)), 0);
  t.deepEqual(asked, [all]);
});

test('a server that sends the whole file is asked for one at a time, and not for several again', async (t) => {
  const server = await serve(t, {});
  const image = await openImage(host, server.url, 'url:image');
  for (const count of [1, 2]) {
    const pieces: Buffer[] = [];
    for await (const piece of fetchRanges(image, ranges, new AbortController().signal))
      pieces.push(Buffer.from(piece));
    t.is(Buffer.compare(Buffer.concat(pieces), bytesOf(ranges)), 0);
    t.is(server.asked.filter((line) => line.includes(',')).length, 1, `time ${count}`);
  }
});

test('a server that sends the first of several ranges alone is asked for one at a time', async (t) => {
  const server = await serve(t, {
    first: ({ headers: { range = '' } }, response) => {
      if (!range.includes(',')) return false;
      response.writeHead(206, { 'content-range': 'bytes 300000-309999/700000' });
      response.end(file.subarray(300_000, 310_000));
      return true;
    },
  });
  const { bytes, asked } = await fetched(server);
  t.is(Buffer.compare(bytes, bytesOf(ranges)), 0);
  t.deepEqual(asked, [all, ...singles]);
});

const refusesSeveral = test.macro({
  title: (status) => `one that answers ${status} to several ranges is asked for one at a time`,
  exec: async (t, status: number) => {
    const server = await serve(t, {
      first: ({ headers: { range = '' } }, response) => {
        if (range.includes(',')) response.writeHead(status).end();
        return range.includes(',');
      },
    });
    const { bytes, asked } = await fetched(server);
    t.is(Buffer.compare(bytes, bytesOf(ranges)), 0);
    t.is(asked.length, 1 + ranges.length);
  },
});
test('400', refusesSeveral, 400);
test('416', refusesSeveral, 416);
test('501', refusesSeveral, 501);

test('what passes is waited for', async (t) => {
  let busy = 2;
  const server = await serve(t, {
    several: asItIs,
    first: ({ headers: { range = '' } }, response) => {
      if (!range.includes(',') || busy === 0) return false;
      busy -= 1;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    },
  });
  const { bytes, asked } = await fetched(server);
  t.is(Buffer.compare(bytes, bytesOf(ranges)), 0);
  t.deepEqual(asked, [all, all, all]);
});

test('what is cut goes on where it was, for the ranges that are left', async (t) => {
  const server = await serve(t, { several: asItIs, cutAfter: 60_000, cuts: 1 });
  // The request that looks at the file is the one that is cut otherwise.
  const image = await openImage(host, server.url, 'url:image');
  server.change(file, { several: asItIs, cutAfter: 60_000 });
  const pieces: Buffer[] = [];
  for await (const piece of fetchRanges(image, ranges, new AbortController().signal))
    pieces.push(Buffer.from(piece));
  t.is(Buffer.compare(Buffer.concat(pieces), bytesOf(ranges)), 0);
  const several = server.asked.filter((line) => line.includes(','));
  t.is(several.length, 2);
  t.regex(several[1] ?? '', /bytes=5\d{5}-599999,699000-699999$/);
});

type Lie = (parts: readonly SentPart[]) => readonly SentPart[];
const changedAt =
  (index: number, change: (part: SentPart) => Partial<SentPart>): Lie =>
  (parts) =>
    parts.map((part, place) => (place === index ? { ...part, ...change(part) } : part));
const lies: Readonly<Record<string, Lie>> = {
  'swapped parts': ([one, two, ...rest]) => [two, one, ...rest].filter((part) => part !== undefined),
  'a missing part in the middle': (parts) => parts.toSpliced(1, 1),
  'a missing part at the end': (parts) => parts.slice(0, -1),
  'a part twice': (parts) => parts.flatMap((part, index) => (index === 1 ? [part, part] : [part])),
  'one part too many': (parts) => [...parts, { ...(parts[0] as SentPart), start: 0, end: 10_000 }],
  'a part that overlaps the next': changedAt(0, ({ start, end }) => ({
    ...{ end: end + 100_000 },
    bytes: file.subarray(start, end + 100_000),
  })),
  'a part that begins elsewhere': changedAt(2, ({ start, end }) => ({ start: start - 5, end: end - 5 })),
  'a short part that says so': changedAt(2, ({ end, bytes }) => ({ end: end - 7, bytes: bytes.subarray(7) })),
  'a long part that does not say so': changedAt(1, ({ bytes }) => ({
    bytes: Buffer.concat([bytes, Buffer.alloc(9)]),
  })),
  'no parts at all': () => [],
};
for (const [name, several] of Object.entries(lies))
  test(`a server that lies: ${name}; it is asked for one at a time`, async (t) => {
    const { bytes, asked } = await fetched(await serve(t, { several }));
    t.is(Buffer.compare(bytes, bytesOf(ranges)), 0);
    t.is(asked.filter((line) => line.includes(',')).length, 1);
  });

test('a short part that does not say so: only a digest can tell, but what follows is right', async (t) => {
  const several = changedAt(2, ({ bytes }) => ({ bytes: bytes.subarray(7) }));
  const { bytes, asked } = await fetched(await serve(t, { several }));
  const expected = bytesOf(ranges);
  t.is(bytes.length, expected.length);
  sameBytes(t, bytes.subarray(0, 10_001), expected.subarray(0, 10_001));
  sameBytes(t, bytes.subarray(-1000), expected.subarray(-1000));
  t.deepEqual(asked, [all, singles[3]]);
});

test('another boundary than it says: nothing of it is taken', async (t) => {
  const { bytes, asked } = await fetched(await serve(t, { several: asItIs, boundary: 'another' }));
  t.is(Buffer.compare(bytes, bytesOf(ranges)), 0);
  t.true(asked.length > ranges.length);
});

const changes = test.macro({
  title: (name) => `refused: ${name} in the middle`,
  exec: async (t, before: Behaviour, after: Behaviour) => {
    const server = await serve(t, { ...before, several: asItIs });
    const image = await openImage(host, server.url, 'url:image');
    server.change(file, { ...after, several: after.several ?? asItIs });
    const read = async () => {
      for await (const _ of fetchRanges(image, ranges, new AbortController().signal));
    };
    const error = await t.throwsAsync(read(), { instanceOf: OpsError });
    t.like(error, { kind: 'refused', code: 'medium-changed' });
  },
});
test('another ETag', changes, { etag: '"a"' }, { etag: '"b"' });
test('another date', changes, { modified: 'Sun, 01 Nov 2026 10:00:00 GMT' }, { modified: 'x' });
test('another size', changes, {}, { several: changedAt(3, () => ({ total: 700_001 })) });

test('more ranges than one request may name', async (t) => {
  const many = Array.from({ length: 300 }, (_, index) => ({ offset: 300_000 + index * 100, length: 9 }));
  const { bytes, asked } = await fetched(await serve(t, { several: asItIs }), many);
  t.is(Buffer.compare(bytes, bytesOf(many)), 0);
  t.deepEqual(
    asked.map((line) => line.split(',').length),
    [128, 128, 44],
  );
  t.true(asked.every((line) => line.length < 4096));
});

test('who reads no further lets go of it; an interruption is told', async (t) => {
  const image = await openImage(host, (await serve(t, { several: asItIs })).url, 'url:image');
  for await (const _ of fetchRanges(image, ranges, new AbortController().signal)) break;
  const stop = new AbortController();
  const read = async () => {
    for await (const _ of fetchRanges(image, ranges, stop.signal)) stop.abort(new Error('enough'));
  };
  await t.throwsAsync(read(), { message: 'enough' });
});

test('whatever ranges, wherever it is cut: their bytes', (t) =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 66_000, max: 200_000 }),
      async (places, cutAfter) => {
        const wanted = places
          .toSorted((a, b) => a - b)
          .map((place, index) => ({
            offset: 270_000 + place * 10_000,
            length: 1 + ((index * 4001) % 10_000),
          }));
        const server = await serveRanges(file, { several: asItIs });
        try {
          const image = await openImage(host, server.url, 'url:image');
          server.change(file, { several: asItIs, cutAfter });
          const pieces: Buffer[] = [];
          for await (const piece of fetchRanges(image, wanted, new AbortController().signal))
            pieces.push(Buffer.from(piece));
          t.is(Buffer.compare(Buffer.concat(pieces), bytesOf(wanted)), 0);
        } finally {
          server.close();
        }
      },
    ),
    { numRuns: runs(20) },
  ));
