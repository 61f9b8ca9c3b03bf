/** How an installer reaches the network: proxies and authorities, seen from a proxy and an encrypted server on loopback. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host } from '../../src/host/ports.ts';
import { openImage } from '../../src/media/image.ts';
import { withNetwork } from '../../src/operation/network.ts';
import { temporaryFolder, tool } from '../formats/support.ts';

const real = linuxHost();
const once = { limit: 1000, retries: 0, timeoutMs: 5000 };

async function listen(
  t: ExecutionContext,
  server: ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const plain = (t: ExecutionContext, answer: RequestListener) => listen(t, createServer(answer));

/** A machine whose environment has nothing but `env`. */
const machine = (env: Host['system']['env'] = {}): Host => ({ ...real, system: { ...real.system, env } });

async function proxy(t: ExecutionContext) {
  const asked: string[] = [];
  const port = await plain(t, ({ url }, response) => {
    asked.push(url ?? '');
    response.end('by proxy');
  });
  return { asked, url: `http://127.0.0.1:${port}` };
}

test('bos.environment says the proxy, and which addresses go without', async (t) => {
  const { asked, url } = await proxy(t);
  const direct = `http://127.0.0.1:${await plain(t, (_, response) => response.end('direct'))}/`;
  const config = { 'bos.environment': { http_proxy: url, NO_PROXY: '127.0.0.1' } };
  const { http } = await withNetwork(machine({ HTTP_PROXY: 'http://127.0.0.1:9' }), { config });
  t.is((await http.get('http://images.example/bos.iso', once)).body.toString(), 'by proxy');
  const stream = await http.open('http://images.example/other.iso');
  t.is(stream.status, 200);
  stream.close();
  t.is((await http.get(direct, once)).body.toString(), 'direct');
  t.deepEqual(asked, ['http://images.example/bos.iso', 'http://images.example/other.iso']);
});

test('the proxy of the environment is there beside an authority of ours', async (t) => {
  const { url } = await proxy(t);
  const { caFile } = authority(t);
  const { http } = await withNetwork(machine({ HTTP_PROXY: url }), { config: {}, caFile });
  t.is((await http.get('http://images.example/', once)).body.toString(), 'by proxy');
});

test('a proxy without its scheme, and values that are no proxy', async (t) => {
  const through = async (value: string) => {
    const { http } = await withNetwork(machine(), { config: { 'bos.environment': { http_proxy: value } } });
    return (await http.get('http://images.example/', once)).body.toString();
  };
  t.is(await through((await proxy(t)).url.slice('http://'.length)), 'by proxy');
  for (const value of ['my proxy', 'socks5://127.0.0.1:9'])
    await t.throwsAsync(through(value), { code: 'proxy-invalid', message: /http_proxy/ });
});

/** A key and a certificate of an authority that nobody knows, for 127.0.0.1. */
function authority(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const [key, caFile] = [join(folder, 'key.pem'), join(folder, 'ca.pem')];
  tool(
    'openssl',
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', caFile],
  );
  return { key: readFileSync(key), cert: readFileSync(caFile), caFile };
}

test('a server of an authority of ours is trusted when it is named, and not else', async (t) => {
  const { key, cert, caFile } = authority(t);
  const port = await listen(
    t,
    createTlsServer({ key, cert }, ({ url }, response) => {
      if (url !== '/away') return void response.end('encrypted');
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    }),
  );
  const url = `https://127.0.0.1:${port}/`;
  const { http } = await withNetwork(machine(), { config: {}, caFile });
  t.is((await http.get(url, once)).body.toString(), 'encrypted');
  await t.throwsAsync(real.http.get(url, once), { code: 'url-unreachable', message: /certificate/ });
  await t.throwsAsync(real.http.open(url), { code: 'url-unreachable', message: /certificate/ });
  // Asking again makes no certificate valid.
  const clock = { ...real.clock, sleep: async () => t.fail() };
  await t.throwsAsync(openImage({ ...real, clock }, url, 'url:image'), { code: 'url-unreachable' });
  await t.throwsAsync(http.open(`${url}away`), { code: 'url-redirects', message: /unencrypted/ });
});

test('a file of authorities that does not exist, or is none', async (t) => {
  const thrown = (caFile: string) => t.throwsAsync(withNetwork(machine(), { config: {}, caFile }));
  t.like(await thrown('/nowhere.pem'), {
    ...{ kind: 'refused', code: 'ca-file-unreadable' },
    message:
      'The certificates in /nowhere.pem cannot be read: it does not exist, or a link on the way leads nowhere',
    hint: 'Check the path.',
  });
  t.like(await thrown('/proc/version'), {
    ...{ kind: 'usage', code: 'ca-file-invalid' },
    message: '/proc/version does not contain a certificate',
    hint: 'Give a PEM file.',
  });
});
