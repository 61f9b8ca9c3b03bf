/** What metadata services of clouds need of HTTP: headers, methods, every status, a port of ours, no proxy. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { isLinkLocal } from '../../../src/host/linux/http/agents.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';

const { http, processes, system } = linuxHost();

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

test('http: method and headers are sent', async (t) => {
  const url = await server(t, ({ method, headers }, response) => response.end(`${method} ${headers['x-a']}`));
  const { body } = await http.get(url, { limit: 100, method: 'PUT', headers: { 'X-A': 'b' } });
  t.is(body.toString(), 'PUT b');
});

test('http: every status when asked for, redirects not followed', async (t) => {
  const url = await server(t, (request, response) => {
    if (request.url === '/moved') return void response.writeHead(301, { location: '/other' }).end();
    response.writeHead(401, { 'x-who': 'me' }).end('no');
  });
  const options = { limit: 100, anyStatus: true };
  const { status, headers, body } = await http.get(`${url}/x`, options);
  t.deepEqual([status, headers['x-who'], body.toString()], [401, 'me', 'no']);
  t.is((await http.get(`${url}/moved`, options)).status, 301);
});

test('http: a server that does not answer to connecting', async (t) => {
  // TEST-NET-1 (RFC 5737): packets are lost, or refused at once where there is no route.
  const error = await t.throwsAsync(
    http.get('http://192.0.2.1/', { limit: 100, retries: 0, timeoutMs: 5000, connectTimeoutMs: 100 }),
  );
  t.regex(error?.message ?? '', /did not answer within 0\.1 s|cannot be fetched/);
});

(system.uid === 0 ? test : test.skip)(
  'http: from a port that only root has, one after the other',
  async (t) => {
    const seen: number[] = [];
    const url = await server(t, ({ socket }, response) => {
      seen.push(socket.remotePort ?? 0);
      response.end('ok');
    });
    const options = { limit: 100, localPorts: [600, 1023] } as const;
    await Promise.all([http.get(url, options), http.get(url, options)]);
    await http.get(url, options);
    t.is(seen.length, 3);
    t.not(seen[0], seen[1], 'a port that is in use is left alone');
    for (const port of seen) t.true(port >= 600 && port <= 1023);
  },
);

test('http: a proxy of the environment never sees what is asked of a link-local address', async (t) => {
  const seen: string[] = [];
  const proxy = await server(t, ({ url }, response) => {
    seen.push(url ?? '');
    response.end('from the proxy');
  });
  const module = new URL('../../../src/host/linux/http/index.ts', import.meta.url);
  const ask = `
    const { http } = await import('${module}');
    for (const url of ['http://192.0.2.1/', 'http://169.254.0.1/'])
      await http.get(url, { limit: 100, timeoutMs: 300, retries: 0 }).catch(() => {});
  `;
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy };
  await processes.run(process.execPath, ['--input-type=module', '--eval', ask], { env, timeoutMs: 20_000 });
  t.deepEqual(seen, ['http://192.0.2.1/']);
});

test('http: link-local addresses', (t) => {
  for (const name of ['169.254.169.254', '[fe80::a9fe:a9fe]']) t.true(isLinkLocal(name), name);
  for (const name of ['127.0.0.1', '169.2.5.4', 'fe80.example', '[fd00:42::42]'])
    t.false(isLinkLocal(name), name);
});
