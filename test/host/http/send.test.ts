/** What registries need of HTTP: other methods, bodies that are streamed, answers that come before the body is sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { refused } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';

const { http } = linuxHost();

async function server(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const listening = createServer(answer);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const piece = new Uint8Array(64 * 1024).fill(7);

/** So many pieces; `fails` is thrown after the first one. */
const body = (pieces: number, fails?: Error) => ({
  size: pieces * piece.length,
  pieces: (async function* () {
    for (let index = 0; index < pieces; index += 1) {
      if (index === 1 && fails !== undefined) throw fails;
      yield piece;
    }
  })(),
});

async function text(source: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const one of source) pieces.push(one);
  return Buffer.concat(pieces).toString();
}

test('a body is sent with its length, and the answer read', async (t) => {
  const url = await server(t, (request, response) => {
    let bytes = 0;
    request.on('data', (data: Buffer) => {
      bytes += data.length;
    });
    request.on('end', () => {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
      response.writeHead(202, { location: '/next' }).end(`${request.method} ${bytes} ${length} ${encoding}`);
    });
  });
  for (const method of ['PATCH', 'POST', 'PUT'] as const) {
    const answer = await http.open(url, { method, body: body(40) });
    t.deepEqual([answer.status, answer.headers.location], [202, '/next']);
    t.is(await text(answer.body), `${method} ${40 * piece.length} ${40 * piece.length} undefined`);
  }
});

test('without a body the request ends', async (t) => {
  const url = await server(t, (request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'x-method': request.method }).end());
  });
  for (const method of ['HEAD', 'POST', 'PUT'] as const) {
    const answer = await http.open(url, { method });
    t.is(answer.headers['x-method'], method);
    answer.close();
  }
});

test('an answer that comes before the body was taken counts', async (t) => {
  const url = await server(t, (_, response) => void response.writeHead(401).end('who are you?'));
  const answer = await http.open(url, { method: 'PATCH', body: body(400) });
  t.is(answer.status, 401);
  answer.close();
});

test('a server that takes nothing is not waited for', async (t) => {
  const url = await server(t, (request) => void request.pause());
  const error = await t.throwsAsync(http.open(url, { method: 'PATCH', body: body(4000), timeoutMs: 300 }));
  t.like(error, { code: 'url-timeout' });
});

test('what goes wrong with the body is what is thrown', async (t) => {
  const url = await server(t, (request) => void request.resume());
  const gone = refused('file-gone', 'The file is gone');
  t.is(await t.throwsAsync(http.open(url, { method: 'PATCH', body: body(3, gone) })), gone);
});

test('a connection that is cut while sending is a passing fault', async (t) => {
  const url = await server(t, (request) => void request.once('data', () => request.destroy()));
  t.like(await t.throwsAsync(http.open(url, { method: 'PATCH', body: body(400) })), {
    code: 'url-unreachable',
  });
});

test('another server is not told who is asking; what is sent follows no redirect', async (t) => {
  const other = await server(t, ({ headers }, response) =>
    response.end(`authorization ${headers.authorization}, range ${headers.range}`),
  );
  const url = await server(t, (_, response) => void response.writeHead(307, { location: other }).end());
  const headers = { authorization: 'Bearer hush', range: 'bytes=0-9' };
  t.is(await text((await http.open(url, { headers })).body), 'authorization undefined, range bytes=0-9');
  const answer = await http.open(url, { headers, method: 'POST' });
  t.is(answer.status, 307);
  answer.close();
});
