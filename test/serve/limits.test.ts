/** What a client may not do: too much, too often, too slowly, or what is not its own. */

import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { makeOurs } from '../iso/media.ts';
import { answered, testServer } from './support.ts';

const token = 'a-token-that-nobody-guesses';
const small = (t: ExecutionContext) => makeOurs(temporaryFolder(t));
/** More than the buffers of two sockets take. */
const large = (t: ExecutionContext) =>
  makeOurs(temporaryFolder(t), { 'large.bin': Buffer.alloc(30_000_000, 'large') });

const connected = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });

/** An answer that nobody reads. */
const untaken = (port: number) =>
  answered(request({ host: '127.0.0.1', port, path: '/iso/a.iso', agent: false })).then((response) => {
    response.on('error', () => {});
    return response.pause();
  });

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 2000) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('beyond the limit of connections: 503, and when to come again', async (t) => {
  const server = await testServer(t, {
    bases: [small(t)],
    machines: { 'a.yaml': '' },
    limits: { connections: 3 },
  });
  const sockets = [await connected(server.port), await connected(server.port), await connected(server.port)];
  const answer = await server.get('/iso/a.iso');
  t.is(answer.status, 503);
  t.is(answer.headers['retry-after'], '10');
  t.is(answer.headers.connection, 'close');
  t.regex(answer.body.toString(), /has 3 connections, which is its limit/);
  for (const socket of sockets) socket.destroy();
  let status = 503;
  while (status === 503) ({ status } = await server.get('/iso/a.iso', {}, 'HEAD'));
  t.is(status, 200);
});

test('one address that asks too often: 429', async (t) => {
  const server = await testServer(t, {
    bases: [small(t)],
    machines: { 'a.yaml': '' },
    limits: { requests: 2 },
  });
  t.is((await server.get('/')).status, 200);
  t.is((await server.get('/')).status, 200);
  const answer = await server.get('/');
  t.is(answer.status, 429);
  t.true(Number(answer.headers['retry-after']) > 0);
});

test('guessing is slowed down, and says nothing', async (t) => {
  const machines = { 'a.yaml': `token: ${token}\n`, 'b.yaml': '' };
  const server = await testServer(t, { bases: [small(t)], machines });
  const without = await server.get('/iso/a.iso');
  const wrong = await server.get(`/t/${token}x/iso/a.iso`);
  const none = await server.get('/iso/none.iso');
  t.deepEqual([without.status, wrong.status, none.status], [404, 404, 404]);
  t.deepEqual(without.body, none.body);
  t.is((await server.get(`/t/${token}/iso/b.iso`)).status, 404);
  t.is((await server.get(`/t/${token}/iso/a.iso`, {}, 'HEAD')).status, 200);
  for (let tries = 0; tries < 60; tries += 1) await server.get(`/t/guess${tries}/iso/a.iso`);
  t.is((await server.get(`/t/${token}/iso/a.iso`)).status, 429);
  t.false(JSON.stringify(server.log).includes(token));
  t.true(JSON.stringify(server.log).includes('/t/…/iso/a.iso'));
});

test('the list tells of a token, and not which', async (t) => {
  const machines = { 'a.yaml': `token: ${token}\nonce: true\n`, 'b.yaml': `token: ${token}\nonce: 3\n` };
  const server = await testServer(t, { bases: [small(t)], machines });
  for (const headers of [{ accept: 'application/json' }, { accept: 'text/html' }]) {
    const { body } = await server.get('/', headers);
    t.false(body.toString().includes(token));
  }
  const { machines: listed } = JSON.parse((await server.get('/machines.json')).body.toString());
  t.like(listed[0], { name: 'a', iso: null, sha256: null, token: true, once: true });
  // Faults do not open what a token closes.
  t.is((await server.get('/iso/b.iso')).status, 404);
  t.is((await server.get(`/t/${token}/iso/b.iso`)).status, 500);
});

test('once: the second first byte is refused, the rest of the first is not', async (t) => {
  const server = await testServer(t, { bases: [small(t)], machines: { 'a.yaml': 'once: true\n' } });
  const ask = async (range?: string, method?: string) =>
    (await server.get('/iso/a.iso', range === undefined ? {} : { range }, method)).status;
  t.is(await ask(undefined, 'HEAD'), 200);
  t.is(await ask('bytes=100-199'), 206);
  t.is(await ask('bytes=0-9'), 206);
  t.is(await ask(), 410);
  t.is(await ask('bytes=50-59,0-0'), 410);
  t.is(await ask('bytes=10-'), 206);
  // Another token is another chance.
  server.write({ 'a.yaml': `once: true\ntoken: ${token}\n` });
  t.is((await server.get(`/t/${token}/iso/a.iso`)).status, 200);
  t.is((await server.get(`/t/${token}/iso/a.iso`)).status, 410);
});

test('a client that takes nothing is let go', async (t) => {
  const server = await testServer(t, {
    bases: [large(t)],
    machines: { 'a.yaml': '' },
    limits: { stallMs: 300 },
  });
  await untaken(server.port);
  await until(() => server.log.some(({ event }) => event === 'request'));
  t.like(server.log.at(-1), { ended: 'stalled', status: 200 });
});

test.serial('a client that goes away costs nothing more', async (t) => {
  const server = await testServer(t, { bases: [large(t)], machines: { 'a.yaml': '' } });
  const files = () => readdirSync('/proc/self/fd').length;
  await server.get('/iso/a.iso', {}, 'HEAD');
  const before = files();
  const responses = await Promise.all([untaken(server.port), untaken(server.port), untaken(server.port)]);
  for (const response of responses) response.destroy();
  await until(() => server.log.filter(({ status }) => status === 200).length === 4);
  t.deepEqual(
    server.log.map(({ ended }) => ended),
    ['complete', 'gone', 'gone', 'gone'],
  );
  await until(() => files() <= before);
  t.pass();
});

test('no faster than the rate', async (t) => {
  const server = await testServer(t, {
    bases: [large(t)],
    machines: { 'a.yaml': '' },
    limits: { rate: 2_000_000 },
  });
  const began = performance.now();
  await server.get('/iso/a.iso', { range: 'bytes=0-1199999' });
  const seconds = (performance.now() - began) / 1000;
  // The last piece goes out when those before it have taken their time.
  t.true(seconds > 0.4, `${seconds} s`);
});

test('told to stop: answers end first, and then are cut off', async (t) => {
  const server = await testServer(t, {
    bases: [large(t)],
    machines: { 'a.yaml': '' },
    limits: { stopMs: 10_000 },
  });
  const began = await untaken(server.port);
  const stopped = server.serving.stop();
  await t.throwsAsync(server.get('/'), { code: 'ECONNREFUSED' });
  let bytes = 0;
  for await (const piece of began) bytes += (piece as Buffer).length;
  t.is(bytes, Number(began.headers['content-length']));
  await stopped;

  const other = await testServer(t, {
    bases: [large(t)],
    machines: { 'a.yaml': '' },
    limits: { stopMs: 200 },
  });
  await untaken(other.port);
  await other.serving.stop();
  t.is(other.log.at(-1)?.ended, 'stopped');
});

test('counts for Prometheus', async (t) => {
  const server = await testServer(t, { bases: [small(t)], machines: { 'a.yaml': 'append_kargs: [a]\n' } });
  await server.get('/iso/a.iso', { range: 'bytes=0-99' });
  await server.get('/iso/none.iso');
  const { headers, body } = await server.get('/metrics');
  t.regex(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = body.toString().split('\n');
  for (const line of [
    'opsctl_serve_requests_total{kind="iso",status="206"} 1',
    'opsctl_serve_requests_total{kind="iso",status="404"} 1',
    'opsctl_serve_sent_bytes_total 100',
    'opsctl_serve_personalised_total 1',
    'opsctl_serve_streams 0',
    'opsctl_serve_cache_entries 1',
  ])
    t.true(lines.includes(line), `${line}\n${body}`);
  t.true(
    lines.every((line) => line === '' || /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.e+-]+)$/.test(line)),
    `${body}`,
  );
});
