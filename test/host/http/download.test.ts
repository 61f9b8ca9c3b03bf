/** Downloads into files, from a server that behaves well and badly. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { sameBytes } from '../../formats/support.ts';

const { files, http } = linuxHost();
const body = Buffer.alloc(300_000, 'bos');

async function server(t: ExecutionContext, answer: (path: string, response: ServerResponse) => void) {
  const listening = createServer((request, response) => answer(request.url ?? '', response));
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const folder = await files.makeTempDir('bos-download-');
  t.teardown(() => files.remove(folder));
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, folder };
}

test('the body becomes the file, also after a redirect, and progress is told', async (t) => {
  const { url, folder } = await server(t, (path, response) => {
    if (path === '/moved') return void response.writeHead(302, { location: '/file' }).end();
    response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  let last: readonly [number, number | undefined] | undefined;
  const onProgress = (done: number, total: number | undefined) => {
    last = [done, total];
  };
  const path = `${folder}/file`;
  t.is(await http.download(`${url}/moved`, path, { limit: body.length, onProgress }), body.length);
  sameBytes(t, await files.read(path), body);
  t.deepEqual(last, [body.length, body.length]);
});

test('a connection that breaks is tried again, from the start', async (t) => {
  let tries = 0;
  const { url, folder } = await server(t, (_, response) => {
    tries += 1;
    response.writeHead(200, { 'content-length': body.length });
    if (tries > 1) return void response.end(body);
    response.write(body.subarray(0, 100_000), () => response.destroy());
  });
  t.is(await http.download(url, `${folder}/file`, { limit: 1e6, retries: 1 }), body.length);
  sameBytes(t, await files.read(`${folder}/file`), body);
  t.is(tries, 2);
});

const refuses = test.macro({
  exec: async (t, code: string, answer: (response: ServerResponse) => void) => {
    const { url, folder } = await server(t, (_, response) => answer(response));
    const options = { limit: 1000, timeoutMs: 300, retries: 0 };
    const error = await t.throwsAsync(http.download(`${url}/x?token=hush`, `${folder}/file`, options));
    t.like(error, { kind: 'refused', code });
    t.notRegex(error?.message ?? '', /hush/);
    t.deepEqual(await files.list(folder), []);
  },
  title: (_, code) => `download: ${code} leaves no file`,
});
test(refuses, 'url-status', (response) => response.writeHead(404).end('none'));
test(refuses, 'url-too-large', (response) => response.end(body));
test(refuses, 'url-timeout', () => {});
test(refuses, 'url-unreachable', (response) => response.destroy());

test('download: an aborted one leaves no file', async (t) => {
  const stop = new AbortController();
  const { url, folder } = await server(t, (_, response) => {
    response.write(body);
  });
  const options = { limit: 1e6, signal: stop.signal, onProgress: () => stop.abort() };
  await t.throwsAsync(http.download(url, `${folder}/file`, options));
  t.deepEqual(await files.list(folder), []);
});

test('download: a folder that does not exist is no fault of the network', async (t) => {
  const { url, folder } = await server(t, (_, response) => response.end('ok'));
  await t.throwsAsync(http.download(url, `${folder}/none/file`, { limit: 1000 }), { code: 'ENOENT' });
});

const endless = test.macro({
  exec: async (t, ask: (url: string, folder: string) => Promise<unknown>) => {
    const closed = Promise.withResolvers<void>();
    const { url, folder } = await server(t, (_, response) => {
      response.once('close', closed.resolve);
      response.writeHead(404).write(body);
    });
    await ask(url, folder);
    await t.notThrowsAsync(closed.promise);
  },
  title: (what) => `a body that nobody wants is not waited for: ${what}`,
});
test('download', endless, (url, folder) =>
  http.download(url, `${folder}/f`, { limit: 1e9, retries: 0 }).catch(() => {}),
);
test('get', endless, (url) => http.get(url, { limit: 1e9, retries: 0, timeoutMs: 600_000 }).catch(() => {}));
test('open, read in part', endless, async (url) => {
  for await (const piece of (await http.open(url, { timeoutMs: 20_000 })).body) if (piece.length > 0) break;
});
