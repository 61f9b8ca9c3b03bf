/**
 * Clients that do not keep to HTTP, several at a time, beside some that begin a head and never end it: each gets an answer of
 * HTTP or the end of its connection, the next one what it asks for, and nothing stays open.
 */
import { connect } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {
  conversation,
  openFiles,
  requireAnswer,
  requireClosed,
  requireRight,
  running,
} from '../corpus/parsers/connections.ts';
import { runs } from '../properties.ts';

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'get', 'CONNECT', 'PRI', '', 'G\0T', 'A'.repeat(3000));
const target = fc.oneof(
  fc.constantFrom('/iso/a.iso', '/iso/b.iso', '/t/abcdefghijklmnop/iso/b.iso', '/', '/metrics', '*', ''),
  fc.constantFrom('/iso/%00.iso', '/iso/../iso/a.iso', '//iso//a.iso', '/iso/%zz.iso', 'http://a/iso/a.iso'),
  fc.string({ maxLength: 40 }).map((text) => `/iso/${text}`),
  fc.constant(`/${'a'.repeat(20_000)}`),
);
const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 ', '');
const number = fc.oneof(fc.nat(5000), fc.constantFrom('', '-1', '9'.repeat(30), '0x10', '1e3', ' 1'));
const range = fc
  .array(fc.tuple(number, number), { minLength: 1, maxLength: 300 })
  .map((all) => `Range: bytes=${all.map(([first, last]) => `${first}-${last}`).join()}`);
const field = fc.oneof(
  range,
  fc.constantFrom(
    'Host: a',
    'Host: a\r\nHost: b',
    'Connection: close',
    'Connection: keep-alive',
    'Expect: x',
  ),
  fc.constantFrom('Content-Length: 5', 'Content-Length: -1', 'Transfer-Encoding: chunked', 'Upgrade: h2c'),
  fc.constantFrom('If-Range: "a"', 'If-None-Match: *', 'If-Match: W/"', ': a', 'a', ' a: b', 'a\0: b'),
  fc.constant(`Cookie: ${'a'.repeat(17_000)}`),
);
const request = fc
  .tuple(
    method,
    target,
    version,
    fc.array(field, { maxLength: 6 }),
    fc.constantFrom('\r\n\r\n', '\n\n', '\r\n', ''),
  )
  .map(([verb, path, form, fields, end]) =>
    Buffer.from([`${verb} ${path} ${form}`, ...fields].join('\r\n') + end, 'latin1'),
  );
const piece = fc.oneof(
  { weight: 4, arbitrary: request },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }) },
);
/** Requests one behind the other, cut somewhere. */
const client = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 5 }),
  closes: fc.constantFrom('at once', 'when quiet'),
  // What one address misses is held against it alone.
  from: fc.integer({ min: 2, max: 250 }).map((last) => `127.0.0.${last}`),
});

test.serial('strange clients get an answer of HTTP or an end, and the next one its ISO', async (t) => {
  await (await running()).stop();
  const before = openFiles();
  const server = await running();
  const slow = Array.from({ length: 20 }, () => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET /iso/a.iso HTTP/1.1\r\nHost:'));
    return socket.on('error', () => {});
  });
  await fc.assert(
    fc.asyncProperty(fc.array(client, { minLength: 8, maxLength: 8 }), async (clients) => {
      const answers = await Promise.all(
        clients.map(({ pieces, ...how }) => conversation(server.port, pieces, how)),
      );
      for (const answer of answers) requireAnswer(answer);
      await requireRight(server);
    }),
    { numRuns: runs(20) },
  );
  for (const socket of slow) socket.destroy();
  await server.stop();
  await t.notThrowsAsync(requireClosed(before));
});
