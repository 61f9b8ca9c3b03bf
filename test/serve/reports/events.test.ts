/** What machines were sent shows in the list, and to who listens. */
import { request } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../formats/support.ts';
import { makeOurs } from '../../iso/media.ts';
import { answered, type TestServer, testServer } from '../support.ts';

interface Told {
  readonly name: string;
  readonly state: string;
  readonly reports: readonly { readonly report: string }[];
}

/** Listens until the server ends it; `next` waits for one more event. */
async function listen(t: ExecutionContext, { port }: TestServer, after?: string) {
  const headers = after === undefined ? {} : { 'last-event-id': after };
  const response = await answered(
    request({ host: '127.0.0.1', port, path: '/events', headers, agent: false }),
  );
  t.is(response.statusCode, 200);
  t.is(response.headers['content-type'], 'text/event-stream; charset=utf-8');
  const events: Told[] = [];
  let text = '';
  let last = '';
  let ended = false;
  let wake = () => {};
  response.setEncoding('utf8');
  response.on('data', (piece: string) => {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, data] = /^data: (.*)$/m.exec(text.slice(0, end)) ?? [];
      last = /^id: (.*)$/m.exec(text.slice(0, end))?.[1] ?? last;
      if (data !== undefined) events.push(JSON.parse(data) as Told);
      text = text.slice(end + 2);
    }
    wake();
  });
  const end = new Promise<void>((resolve) =>
    response.on('end', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  const until = async (isThere: (event: Told) => boolean): Promise<Told | undefined> => {
    while (!events.some(isThere) && !ended) await new Promise<void>((resolve) => (wake = resolve));
    return events.find(isThere);
  };
  return { until, end, events, last: () => last, leave: () => response.destroy() };
}

const machines = { 'node1.yaml': 'config: {hostname: node1}\n', 'node2.yaml': '' };

async function stateOf(server: TestServer, name: string): Promise<Told | undefined> {
  const { body } = await server.get('/machines.json');
  return (JSON.parse(body.toString()) as { machines: Told[] }).machines.find((one) => one.name === name);
}

test('an ISO that is sent shows in machines.json, from its first byte to its last', async (t) => {
  const server = await testServer(t, { bases: [makeOurs(temporaryFolder(t))], machines });
  t.like(await stateOf(server, 'node1'), { state: 'waiting', since: null, reports: [] });
  await server.get('/iso/node1.iso', {}, 'HEAD');
  await server.get('/iso/node1.iso', { range: 'bytes=100-200' });
  await server.get('/iso/node1.iso.sha256');
  t.like(await stateOf(server, 'node1'), { state: 'waiting' });
  await server.get('/iso/node1.iso', { range: 'bytes=0-511' });
  const begun = await stateOf(server, 'node1');
  t.is(begun?.state, 'served');
  t.deepEqual(
    begun?.reports.map(({ report }) => report),
    ['first-byte'],
  );
  await server.get('/iso/node1.iso');
  await server.get('/iso/node1.iso');
  t.deepEqual(
    (await stateOf(server, 'node1'))?.reports.map(({ report }) => report),
    ['first-byte', 'last-byte'],
  );
  t.like(await stateOf(server, 'node2'), { state: 'waiting' });
});

test('who listens is told what is known, then each change, and let go when the server stops', async (t) => {
  const server = await testServer(t, { bases: [makeOurs(temporaryFolder(t))], machines });
  await server.get('/iso/node1.iso');
  const first = await listen(t, server);
  t.like(await first.until(({ name }) => name === 'node1'), { name: 'node1', state: 'served' });
  await server.get('/iso/node2.iso', { range: 'bytes=0-99' });
  t.like(await first.until(({ name }) => name === 'node2'), { name: 'node2', state: 'served' });
  // One that comes again hears only what it has not heard.
  const again = await listen(t, server, first.last());
  await server.get('/iso/node2.iso');
  await again.until(({ name, reports }) => name === 'node2' && reports.length === 2);
  t.deepEqual(
    again.events.filter(({ name }) => name === 'node1'),
    [],
  );
  await server.serving.stop();
  await Promise.all([first.end, again.end]);
});

test('so many may listen, and the next is told to come again', async (t) => {
  const server = await testServer(t, {
    ...{ bases: [makeOurs(temporaryFolder(t))], machines },
    limits: { connections: 200 },
  });
  const listeners = await Promise.all(Array.from({ length: 100 }, () => listen(t, server)));
  const { status, headers } = await server.get('/events');
  t.is(status, 503);
  t.is(headers['retry-after'], '30');
  for (const { leave } of listeners) leave();
});
