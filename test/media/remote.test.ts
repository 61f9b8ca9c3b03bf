/** A file at a URL, from servers on loopback that behave well and badly. Pauses are those of a clock that only counts. */
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Clock, Http } from '../../src/host/ports.ts';
import { PassingFault } from '../../src/host/retry.ts';
import { openImage, reopenImage } from '../../src/media/image.ts';
import { openRemote } from '../../src/media/remote.ts';
import type { Ask } from '../../src/media/transport.ts';
import { type Behaviour, type RangeServer, serveRanges } from '../fakes/range-server.ts';
import { sameBytes } from '../formats/support.ts';
import { runs } from '../properties.ts';

const real = linuxHost();
const content = randomBytes(3_000_000);

interface Waiting {
  readonly waits: number[];
  readonly said: string[];
}

/** The real network, and pauses that take no time. A busy machine needs more patience than `timeoutMs` of tests of silence. */
function machine(timeoutMs = 20_000): { host: typeof real } & Waiting {
  const waits: number[] = [];
  const clock: Clock = { ...real.clock, sleep: async (ms) => void waits.push(ms) };
  const http: Http = {
    ...real.http,
    open: (url, options) => real.http.open(url, { ...options, timeoutMs }),
  };
  return { host: { ...real, clock, http }, waits, said: [] };
}

async function server(
  t: ExecutionContext,
  behaviour?: Behaviour,
  bytes: Uint8Array = content,
): Promise<RangeServer> {
  const serving = await serveRanges(bytes, behaviour);
  t.teardown(serving.close);
  return serving;
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

const open = ({ host, said }: ReturnType<typeof machine>, url: string) =>
  openImage(host, url, 'url:image', { say: (line) => said.push(line) });

test('ranges: only what is asked for is fetched', async (t) => {
  const serving = await server(t, { etag: '"one"', modified: 'Sat, 01 Nov 2025 10:00:00 GMT' });
  const image = await open(machine(), `${serving.url}?token=hush`);
  t.deepEqual(image.ref, {
    from: 'url',
    url: 'url:image',
    shown: serving.url,
    pin: {
      size: content.length,
      etag: '"one"',
      modified: 'Sat, 01 Nov 2025 10:00:00 GMT',
      ranges: true,
    },
  });
  t.deepEqual(Buffer.from(await image.read(100, 50)), content.subarray(100, 150));
  t.is(serving.asked.length, 1, 'the first answer brought it');
  t.deepEqual(Buffer.from(await image.read(2_000_000, 7)), content.subarray(2_000_000, 2_000_007));
  sameBytes(t, await all(image.stream(1_500_000)), content.subarray(1_500_000));
  t.deepEqual(serving.asked.slice(1), [
    '/bos.iso?token=hush bytes=2000000-2000006',
    '/bos.iso?token=hush bytes=1500000-2999999',
  ]);
});

test('property: any part of any file, with and without ranges, however it is cut', async (t) => {
  const serving = await server(t);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 600_000, size: 'max' }),
      fc.boolean(),
      fc.integer({ min: 1, max: 300_000 }),
      fc.nat(600_000),
      fc.nat(600_000),
      async (bytes, ranges, cutAfter, from, to) => {
        serving.change(bytes, { ranges, cutAfter, cuts: serving.cut() + 3 });
        const image = await open(machine(), serving.url);
        const [start, end] = [Math.min(from, to, bytes.length), Math.min(Math.max(from, to), bytes.length)];
        t.is(image.size, bytes.length);
        t.is(Buffer.compare(await all(image.stream(start, end)), bytes.subarray(start, end)), 0);
        t.is(Buffer.compare(await image.read(start, end - start), bytes.subarray(start, end)), 0);
      },
    ),
    { numRuns: runs(25) },
  );
});

test('a connection that is cut again and again goes on where it ended, as long as it goes on', async (t) => {
  const serving = await server(t, { cutAfter: 100_000 });
  const machinery = machine();
  const image = await open(machinery, serving.url);
  sameBytes(t, await all(image.stream(0)), content);
  t.true(serving.cut() >= 30);
  t.is(Math.max(...machinery.waits), 1_000, 'every piece brings back all attempts');
  t.regex(machinery.said[0] ?? '', /bos\.iso.*trying again in 1 s \(2 of 8\)/);
});

test('without ranges nothing is kept: what was there is passed over', async (t) => {
  const serving = await server(t, { ranges: false, cutAfter: 1_200_000, cuts: 1 });
  const image = await open(machine(), serving.url);
  t.false(image.ranges);
  sameBytes(t, await all(image.stream(1_000_000, 2_500_000)), content.subarray(1_000_000, 2_500_000));
});

test('a server that does not say the size', async (t) => {
  const serving = await server(t, {
    first: (_, response) => {
      response.writeHead(200);
      response.end(content);
      return true;
    },
  });
  const image = await open(machine(), serving.url);
  t.is(image.size, Number.POSITIVE_INFINITY);
  sameBytes(t, await all(image.stream(0)), content);
});

test('a server that is not up yet is waited for', async (t) => {
  const serving = await server(t, {
    first: (_, response, number) => {
      if (number === 1) response.destroy();
      if (number === 2) response.writeHead(503).end();
      return number < 3;
    },
  });
  const machinery = machine();
  t.is((await open(machinery, serving.url)).size, content.length);
  t.deepEqual(machinery.waits, [1_000, 2_000]);
});

interface Refusal {
  readonly code: string;
  readonly says: RegExp;
  /** Pauses before it is given up. */
  readonly waits: number;
}

const patience = 7;

/** Already the first look is refused. */
const refusedAtOnce = test.macro({
  title: (_, name: string) => `refused: ${name}`,
  exec: async (t, _name: string, behaviour: Behaviour, expected: Refusal) => {
    const serving = await server(t, behaviour);
    const machinery = machine(expected.code === 'url-timeout' ? 200 : undefined);
    const error = await t.throwsAsync(open(machinery, serving.url.replace('//', '//me:hush@')));
    if (!(error instanceof OpsError)) return t.fail(String(error));
    t.is(error.kind, 'refused');
    t.is(error.code, expected.code, error.message);
    t.regex(error.message, expected.says);
    t.notRegex([error.message, ...machinery.said].join('\n'), /hush/);
    t.is(machinery.waits.length, expected.waits);
  },
});
const answers =
  (status: number, headers: Record<string, string> = {}): NonNullable<Behaviour['first']> =>
  (_, response) => {
    response.writeHead(status, headers).end();
    return true;
  };
test(refusedAtOnce, 'nothing there', { first: answers(404) }, { code: 'url-status', says: /404/, waits: 0 });
test(
  refusedAtOnce,
  'redirects without end',
  { first: answers(302, { location: '/bos.iso' }) },
  { code: 'url-redirects', says: /more than 5 times/, waits: 0 },
);
test(
  refusedAtOnce,
  'a server that never gets well',
  { first: answers(503) },
  { code: 'url-status', says: /503.*8 attempts/, waits: patience },
);
test(
  refusedAtOnce,
  'a server that is silent',
  { first: () => true },
  { code: 'url-timeout', says: /did not answer within 0\.2 s.*8 attempts/, waits: patience },
);
test(
  refusedAtOnce,
  'a server that stops in the middle',
  { stallAfter: 1000 },
  { code: 'url-timeout', says: /did not answer/, waits: patience },
);
test(
  refusedAtOnce,
  'other bytes than those asked for',
  { first: answers(206, { 'content-range': 'bytes 5-9/100' }) },
  { code: 'url-range', says: /does not send the bytes that were requested/, waits: 0 },
);
test(
  refusedAtOnce,
  'several parts in one answer',
  { first: answers(206, { 'content-type': 'multipart/byteranges' }) },
  { code: 'url-range', says: /does not send the bytes/, waits: 0 },
);
test(
  refusedAtOnce,
  'a compressed answer',
  { first: answers(200, { 'content-encoding': 'gzip' }) },
  { code: 'url-encoding', says: /gzip/, waits: 0 },
);
test(refusedAtOnce, 'an empty file', { claims: 0 }, { code: 'iso-invalid', says: /is empty/, waits: 0 });

/** The look succeeds; then the server changes. */
const refusedLater = test.macro({
  title: (_, name: string) => `refused while reading: ${name}`,
  exec: async (t, _name: string, before: Behaviour, bytes: Buffer, after: Behaviour, expected: Refusal) => {
    const serving = await server(t, before);
    const machinery = machine();
    const image = await open(machinery, serving.url);
    serving.change(bytes, after);
    const reopened = await reopenImage(machinery.host, image.ref, () => serving.url);
    for (const one of [image, reopened]) {
      const error = await t.throwsAsync(all(one.stream(0)));
      t.like(error, { kind: 'refused', code: expected.code }, error?.message);
      t.regex(error?.message ?? '', expected.says);
    }
    t.is(machinery.waits.length, 2 * expected.waits);
  },
});
const other = Buffer.concat([content.subarray(1), Buffer.of(1)]);
test(
  refusedLater,
  'another ETag',
  { etag: '"one"' },
  other,
  { etag: '"two"' },
  { code: 'medium-changed', says: /another version/, waits: 0 },
);
test(
  refusedLater,
  'another weak ETag',
  { etag: 'W/"one"' },
  other,
  { etag: 'W/"two"' },
  { code: 'medium-changed', says: /another version/, waits: 0 },
);
test(
  refusedLater,
  'another date',
  { modified: 'Sat, 01 Nov 2025 10:00:00 GMT' },
  other,
  { modified: 'Sat, 01 Nov 2025 10:00:01 GMT' },
  { code: 'medium-changed', says: /another date/, waits: 0 },
);
test(
  refusedLater,
  'another size',
  {},
  content.subarray(0, 2_999_999),
  {},
  { code: 'medium-changed', says: /2999999 bytes instead of 3000000/, waits: 0 },
);
test(
  refusedLater,
  'no ranges any more',
  {},
  content,
  { ranges: false },
  { code: 'medium-changed', says: /only the whole file/, waits: 0 },
);
test(
  refusedLater,
  'a server that has less than it says',
  {},
  content.subarray(0, 1_000_000),
  { claims: content.length },
  { code: 'url-unreachable', says: /8 attempts/, waits: patience },
);
test(
  refusedLater,
  'a byte now and then is not going on',
  {},
  content,
  { cutAfter: 100 },
  { code: 'url-unreachable', says: /8 attempts/, waits: patience },
);

test('answers that end in order and too early are taken up, as long as they bring something', async (t) => {
  const serving = await server(t);
  const machinery = machine();
  const image = await open(machinery, serving.url);
  const answering = (length: number): Behaviour => ({
    first: ({ headers }, response) => {
      const start = Number(/\d+/.exec(headers.range ?? '')?.[0]);
      response.writeHead(206, { 'content-range': `bytes ${start}-2999999/3000000` });
      response.end(content.subarray(start, start + length));
      return true;
    },
  });
  serving.change(content, answering(1_000_000));
  sameBytes(t, await all(image.stream(0)), content);
  serving.change(content, answering(0));
  await t.throwsAsync(all(image.stream(10)), {
    code: 'url-incomplete',
    message: /ends after 10 of 3000000 bytes.*8 attempts/,
  });
});

test('a server that sends a byte a minute is given up; a disk that takes its time is no fault of the server', async (t) => {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const clock: Clock = { ...real.clock, monotonic: () => now, sleep };
  const pin = { size: 1_000_000, etag: null, modified: null, ranges: true };
  const read = async (pieceSize: number, serverMs: number, readerMs: number) => {
    const ask: Ask = async (start) => ({ pin, start, body: slowly(pieceSize, serverMs), close: () => {} });
    const remote = await openRemote(() => ask, { shown: 'http://x/bos.iso', clock }, pin);
    for await (const _ of remote.stream(0)) now += readerMs;
  };
  async function* slowly(pieceSize: number, ms: number) {
    for (;;) {
      now += ms;
      yield new Uint8Array(pieceSize);
    }
  }
  await t.throwsAsync(read(1, 20_000, 0), {
    code: 'url-slow',
    message: /less than 64 KiB in 60 s.*8 attempts/,
  });
  await t.notThrowsAsync(read(20_000, 10_000, 0));
  await t.notThrowsAsync(read(20_000, 1, 100_000));
});

test('each answer is let go of: one that ends early, one that fails, one that nobody reads on', async (t) => {
  let [asked, closed] = [0, 0];
  const pin = { size: 4, etag: null, modified: null, ranges: true };
  async function* body(start: number) {
    if (asked === 2) throw new PassingFault('url-broken', 'the connection broke');
    yield new Uint8Array(start === 0 ? 1 : 2);
  }
  const ask: Ask = async (start) => {
    asked += 1;
    const close = () => {
      closed += 1;
    };
    return { pin, start, body: body(start), close };
  };
  const clock: Clock = { ...real.clock, sleep: async () => {} };
  const remote = await openRemote(() => ask, { shown: 'http://x/bos.iso', clock }, pin);
  for await (const _ of remote.stream(0)) t.is(closed, asked - 1);
  t.true(asked > 2);
  t.is(closed, asked);
  for await (const _ of remote.stream(0)) break;
  t.is(closed, asked);
});

test('more than was announced is left out', async (t) => {
  const serving = await server(t);
  const image = await open(machine(), serving.url);
  serving.change(content, {
    first: (_, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-2999999/${content.length}` });
      response.end(Buffer.concat([content, content]));
      return true;
    },
  });
  sameBytes(t, await all(image.stream(0)), content);
});

test('a request that is stopped ends at once', async (t) => {
  const serving = await server(t, { stallAfter: 500_000 });
  const { host } = machine();
  const image = await openImage(host, serving.url, 'url:image');
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _ of image.stream(0, undefined, stop.signal)) stop.abort(new Error('enough'));
  })();
  await t.throwsAsync(reading, { message: 'enough' });
});
