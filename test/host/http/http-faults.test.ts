/**
 * get, download and open against the same servers: redirects, encryption that is lost, answers that are cut, busy,
 * silent or too large, and how often each is asked for. Pauses are those of a clock that only counts.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { httpWith } from '../../../src/host/linux/http/index.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';

const { clock, files } = linuxHost();
const body = Buffer.alloc(200_000, 'bos');
/** The whole body: less is a fault of the request. */
const limit = body.length;

const ways = ['get', 'download', 'open'] as const;
type Way = (typeof ways)[number];
type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

interface Servers {
  readonly plain: string;
  readonly encrypted: string;
  /** Requests so far, as `GET /path`. */
  readonly asked: string[];
  fetch(
    way: Way,
    url: string,
    more?: { readonly timeoutMs?: number; readonly retries?: number },
  ): Promise<Buffer>;
  /** Pauses so far, in milliseconds. */
  readonly waits: number[];
  /** Where downloads go. */
  readonly folder: string;
}

/** A key and a certificate of an authority that nobody knows, for 127.0.0.1. */
const authority = (async () => {
  const folder = await files.makeTempDir('bos-authority-');
  const [keyFile, caFile] = [join(folder, 'key.pem'), join(folder, 'ca.pem')];
  tool(
    'openssl',
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', caFile],
  );
  const [key, cert] = [readFileSync(keyFile), readFileSync(caFile)];
  await files.remove(folder);
  return { key, cert };
})();

async function servers(t: ExecutionContext, answer: Answer): Promise<Servers> {
  const { key, cert } = await authority;
  const asked: string[] = [];
  const addresses = { plain: '', encrypted: '' };
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`);
    // `/to/encrypted/to/plain/file`: from here to the encrypted server, from there to the other one.
    const [, name, rest = ''] = /^\/to\/(plain|encrypted|here)(\/.*)/.exec(request.url ?? '') ?? [];
    if (name === undefined) return answer(request, response, asked.length);
    const to = name === 'here' ? rest : addresses[name as 'plain' | 'encrypted'] + rest;
    response.writeHead(302, { location: to }).end();
  };
  const listen = async (server: ReturnType<typeof createServer | typeof createTlsServer>) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  addresses.plain = `http://127.0.0.1:${await listen(createServer(handler))}`;
  addresses.encrypted = `https://127.0.0.1:${await listen(createTlsServer({ key, cert }, handler))}`;

  const waits: number[] = [];
  const counting = { ...clock, sleep: async (ms: number) => void waits.push(ms) };
  const http = httpWith({ proxyEnv: {}, extraCa: cert.toString() }, counting);
  const target = temporaryFolder(t);
  const fetch: Servers['fetch'] = async (way, url, { timeoutMs = 20_000, retries = 0 } = {}) => {
    if (way === 'get') return (await http.get(url, { limit, timeoutMs, retries })).body;
    if (way === 'download') {
      await http.download(url, join(target, 'file'), { limit, timeoutMs, retries });
      return files.read(join(target, 'file'));
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of (await http.open(url, { timeoutMs })).body) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return { ...addresses, asked, fetch, waits, folder: target };
}

const whole: Answer = (_, response) =>
  void response.writeHead(200, { 'content-length': body.length }).end(body);
const cutShort: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': body.length });
  response.write(body.subarray(0, 100_000), () => response.destroy());
};
const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('an answer of few words');
const silent: Answer = () => {};

for (const way of ways) {
  for (const chain of [
    'plain:/file',
    'plain:/to/here/file',
    'plain:/to/encrypted/file',
    'encrypted:/to/here/file',
  ])
    test(`${way}: ${chain} is fetched`, async (t) => {
      const { fetch, ...there } = await servers(t, whole);
      const [name, path = ''] = chain.split(':');
      const fetched = await fetch(way, there[name as 'plain' | 'encrypted'] + path);
      t.is(Buffer.compare(fetched, body), 0);
    });

  for (const chain of [
    'encrypted:/to/plain/file',
    'encrypted:/to/here/to/plain/file',
    // What is encrypted in the middle only must not be lost there either.
    'plain:/to/encrypted/to/plain/file',
    'encrypted:/to/plain/to/encrypted/file',
  ])
    test(`${way}: ${chain} loses its encryption and is refused`, async (t) => {
      const { fetch, asked, waits, folder, ...there } = await servers(t, whole);
      const [name, path = ''] = chain.split(':');
      const url = `${there[name as 'plain' | 'encrypted']}${path}?token=hush`;
      const error = await t.throwsAsync(fetch(way, url, { retries: 2 }), { instanceOf: OpsError });
      t.like(error, { kind: 'refused', code: 'url-redirects' });
      t.regex(error?.message ?? '', /redirects to an unencrypted address/);
      t.notRegex(error?.message ?? '', /hush/);
      // Nothing was asked of the server behind it, and nothing twice.
      t.is(asked.length, chain.split('/to/plain')[0]?.split('/to/').length ?? 0);
      t.deepEqual(waits, []);
      t.deepEqual(await files.list(folder), []);
    });

  test(`${way}: five redirects are followed, six are not`, async (t) => {
    const { fetch, plain } = await servers(t, whole);
    t.is((await fetch(way, `${plain}${'/to/here'.repeat(5)}/file`)).length, body.length);
    await t.throwsAsync(fetch(way, `${plain}${'/to/here'.repeat(6)}/file`, { retries: 2 }), {
      code: 'url-redirects',
      message: /more than 5 times/,
    });
  });
}

interface Fault {
  readonly answer: Answer;
  readonly code: string;
  readonly timeoutMs?: number;
  /** Whether it is asked again; only `open` never does so itself. */
  readonly again: Readonly<Record<'get' | 'download', boolean>>;
  /** What `open` throws; it resolves with any status, and has no limit. */
  readonly open: string | undefined;
}

const both = { get: true, download: true };
const neither = { get: false, download: false };
const faults: Readonly<Record<string, Fault>> = {
  'cut in the middle': { answer: cutShort, code: 'url-unreachable', again: both, open: 'url-unreachable' },
  'cut at once': {
    ...{ answer: (_, response) => void response.destroy(), code: 'url-unreachable', again: both },
    open: 'url-unreachable',
  },
  'status 503': { answer: status(503), code: 'url-status', again: both, open: undefined },
  'status 429': { answer: status(429), code: 'url-status', again: both, open: undefined },
  'status 404': { answer: status(404), code: 'url-status', again: neither, open: undefined },
  'status 501': { answer: status(501), code: 'url-status', again: neither, open: undefined },
  // The time of `get` is that of the whole request: it is over.
  silence: {
    ...{ answer: silent, code: 'url-timeout', timeoutMs: 700, again: { get: false, download: true } },
    open: 'url-timeout',
  },
  'silence in the middle': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 1000));
    },
    ...{ code: 'url-timeout', timeoutMs: 700, again: { get: false, download: true }, open: 'url-timeout' },
  },
  'too large, as announced': {
    answer: (_, response) => void response.writeHead(200, { 'content-length': limit + 1 }).flushHeaders(),
    ...{ code: 'url-too-large', again: neither, timeoutMs: 700, open: 'url-timeout' },
  },
  'too large, without a word': {
    answer: (_, response) => {
      response.write(body);
      response.end('x');
    },
    ...{ code: 'url-too-large', again: neither, open: undefined },
  },
};

for (const [name, fault] of Object.entries(faults)) {
  const { answer, code, again, timeoutMs } = fault;
  const more = timeoutMs === undefined ? {} : { timeoutMs };
  for (const way of ['get', 'download'] as const)
    test(`${way}: ${name}: ${again[way] ? 'asked three times' : 'asked once'}`, async (t) => {
      const { fetch, plain, asked, waits, folder } = await servers(t, answer);
      const error = await t.throwsAsync(fetch(way, `${plain}/file`, { ...more, retries: 2 }), {
        instanceOf: OpsError,
      });
      t.like(error, { kind: 'refused', code }, error?.message);
      t.is(/gave up after 3 attempts/.test(error?.message ?? ''), again[way]);
      t.deepEqual(asked, Array(again[way] ? 3 : 1).fill('GET /file'));
      t.deepEqual(waits, again[way] ? [1_000, 2_000] : []);
      t.deepEqual(await files.list(folder), [], 'nothing is left of it');
    });

  test(`open: ${name}: asked once`, async (t) => {
    const { fetch, plain, asked, waits } = await servers(t, answer);
    const fetched = fetch('open', `${plain}/file`, more);
    if (fault.open === undefined) await t.notThrowsAsync(fetched);
    else await t.throwsAsync(fetched, { code: fault.open });
    t.deepEqual([asked.length, waits], [1, []]);
  });
}

for (const way of ['get', 'download'] as const)
  for (const [name, first] of [
    ['cut', cutShort],
    ['busy', status(503)],
  ] as const)
    test(`${way}: ${name} twice, it is whole the third time`, async (t) => {
      const { fetch, plain, asked } = await servers(t, (request, response, number) =>
        (number < 3 ? first : whole)(request, response, number),
      );
      t.is(Buffer.compare(await fetch(way, `${plain}/file`, { retries: 2 }), body), 0);
      t.is(asked.length, 3);
    });
