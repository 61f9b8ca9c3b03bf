/** What clients do with a connection: close their end early, send several requests at once, and do not take the answer. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { Exchange } from '../../src/serve/http/exchange.ts';
import { Turns } from '../../src/serve/http/turns.ts';
import { ownIdentity } from '../../src/serve/tls.ts';
import { sameBytes, temporaryFolder } from '../formats/support.ts';
import { host } from '../iso/edit/edit-support.ts';
import { makeOurs } from '../iso/media.ts';
import { testServer } from './support.ts';

const ask = (path: string, ...headers: readonly string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;

/** All that comes until the server ends the connection. */
const taken = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(pieces)));
  });

const bodyOf = (answer: Buffer) => answer.subarray(answer.indexOf('\r\n\r\n') + 4);

async function served(t: ExecutionContext, more: Partial<Parameters<typeof testServer>[1]> = {}) {
  const iso = makeOurs(temporaryFolder(t), { 'large.bin': Buffer.alloc(30_000_000, 'large') });
  return { iso, server: await testServer(t, { bases: [iso], machines: { 'a.yaml': '' }, ...more }) };
}

test('who closes its end behind the request gets the whole answer, and then the end', async (t) => {
  const { iso, server } = await served(t);
  const wanted = readFileSync(iso);
  const asked = (path: string) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(ask(path));
    return taken(socket);
  };
  sameBytes(t, bodyOf(await asked('/iso/a.iso')), wanted);
  // Takes a while before anything comes.
  const digest = createHash('sha256').update(wanted).digest('hex');
  t.is(bodyOf(await asked('/iso/a.iso.sha256')).toString(), `${digest}  a.iso\n`);
  // Who does not hear any more does not listen.
  t.regex((await asked('/events')).toString(), /^HTTP\/1\.1 200 /);
});

test('the same by HTTPS', async (t) => {
  const { cert, key } = await ownIdentity(host);
  const { iso, server } = await served(t, { tls: { cert, key } });
  const socket = connectTls({
    ...{ port: server.port, host: '127.0.0.1', ca: cert, allowHalfOpen: true },
    checkServerIdentity: () => undefined,
  });
  socket.end(ask('/iso/a.iso'));
  sameBytes(t, bodyOf(await taken(socket)), readFileSync(iso));
});

test('requests that come at once are answered in their order, and begun one after the other', async (t) => {
  const { iso, server } = await served(t);
  const wanted = readFileSync(iso);
  const parts = [0, 1, 2, 3].map((index) => index * 7_000_001);
  const socket = connect(server.port, '127.0.0.1');
  for (const first of parts) socket.write(ask('/iso/a.iso', `Range: bytes=${first}-${first + 4_999_999}`));
  socket.write(ask('/iso/none.iso', 'Connection: close'));
  let answer = await taken(socket);
  for (const first of parts) {
    t.regex(answer.subarray(0, 200).toString('latin1'), /^HTTP\/1\.1 206 /);
    sameBytes(t, bodyOf(answer).subarray(0, 5_000_000), wanted.subarray(first, first + 5_000_000));
    answer = bodyOf(answer).subarray(5_000_000);
  }
  t.regex(answer.toString(), /^HTTP\/1\.1 404 /);

  const lazy = connect(server.port, '127.0.0.1').pause();
  lazy.on('error', () => {});
  for (let count = 0; count < 20; count += 1) lazy.write(ask('/iso/a.iso'));
  const streams = async () =>
    /^opsctl_serve_streams (\d+)$/m.exec((await server.get('/metrics')).body.toString())?.[1];
  while ((await streams()) === '0');
  t.is(await streams(), '1');
  lazy.destroy();
});

test('more requests at once than anybody needs: the connection ends, the server stays', async (t) => {
  const { server } = await served(t);
  const socket = connect(server.port, '127.0.0.1').pause();
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.write(ask('/iso/a.iso').repeat(2000));
  socket.resume();
  await ended;
  t.true(socket.bytesRead < 40_000_000, `${socket.bytesRead}`);
  t.is((await server.get('/iso/a.iso', { range: 'bytes=0-9' })).status, 206);
});

test('turns are taken one after the other, each connection for itself', async (t) => {
  const turns = new Turns();
  const [one, other] = [{}, {}];
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const slow = turns.take(one, () => new Promise<void>((resolve) => ends.push(resolve)));
  const waiting = turns.take(one, async () => void order.push('behind'));
  await turns.take(other, async () => void order.push('beside'));
  t.deepEqual(order, ['beside']);
  for (let count = 0; count < 31; count += 1) t.truthy(turns.take(one, async () => {}));
  t.is(
    turns.take(one, async () => t.fail()),
    undefined,
  );
  ends[0]?.();
  await Promise.all([slow, waiting]);
  t.deepEqual(order, ['beside', 'behind']);
});

test('who does not take a text is let go, too', async (t) => {
  const stalled = new Promise<void>((resolve) => {
    const server = createServer((request, response) => {
      const exchange = new Exchange(request, response);
      exchange.text(200, 'x'.repeat(30_000_000));
      const began = performance.now();
      void exchange.taken(2, 128 * 1024, () => t.true(performance.now() - began > 300)).then(resolve);
    });
    t.teardown(() => server.close());
    server.listen(0, '127.0.0.1', () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
      socket.on('error', () => {});
      socket.write(ask('/'));
    });
  });
  await stalled;
  t.pass();
});

test('a request that RFC 9112 has refused is refused', async (t) => {
  const { server } = await served(t);
  const firstLine = async (...lines: readonly string[]) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    return /^[^\r]*/.exec((await taken(socket)).toString('latin1'))?.[0];
  };
  const close = 'Connection: close';
  const [target, bad] = ['HEAD /iso/a.iso', 'HTTP/1.1 400 Bad Request'];
  for (const host of [
    '',
    'a',
    'a:80',
    'a:',
    '10.0.0.1',
    '[::1]:8080',
    '[fe80::1%25eth0]',
    'b%c3%bc.example',
    'a_b',
  ])
    t.is(await firstLine(`${target} HTTP/1.1`, `Host: ${host}`, close), 'HTTP/1.1 200 OK', host);
  for (const host of ['a b', 'a/b', 'a@b', 'a:b', '[::1', 'a,b c', '%zz'])
    t.is(await firstLine(`${target} HTTP/1.1`, `Host: ${host}`, close), bad, host);
  t.is(await firstLine(`${target} HTTP/1.1`, 'Host: a', 'host: a', close), bad);
  t.is(await firstLine(`${target} HTTP/1.1`, close), bad);
  t.is(await firstLine(`${target} HTTP/1.0`), 'HTTP/1.1 200 OK');
  t.is(await firstLine(`${target} HTTP/2.0`, 'Host: a'), 'HTTP/1.1 505 HTTP Version Not Supported');
  t.is(await firstLine('GET /iso/a.iso'), bad);
});

test('a report that says that it is too long is refused before it comes', async (t) => {
  const { server } = await served(t);
  const socket = connect(server.port, '127.0.0.1', () =>
    socket.write('POST /report/a HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n{'),
  );
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  socket.destroy();
  t.regex(answer.toString('latin1'), /^HTTP\/1\.1 413 /);
});
