/** What machines say of themselves: by the client that is in the OS, and by people who mean no good. */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  parseReportFile,
  type ReportFile,
  reportFilePath,
  signatureHeader,
  signatureOf,
} from '../../../src/operation/announce/report-file.ts';
import { sendReport } from '../../../src/operation/announce/send.ts';
import { memoryStore } from '../../../src/serve/reports/memory-store.ts';
import { ownIdentity } from '../../../src/serve/tls.ts';
import { sameBytes, temporaryFolder } from '../../formats/support.ts';
import { byXorriso, change, host } from '../../iso/edit/edit-support.ts';
import { makeCasper, makeOurs } from '../../iso/media.ts';
import { answered, type TestServer, testServer } from '../support.ts';

const machines = {
  'node1.yaml': 'config:\n  hostname: node1\n',
  'node2.yaml': 'report: false\n',
  'node3.yaml': 'token: abcdefghijklmnop\n',
};
const reportTo = { url: 'http://10.0.0.1:8080', fingerprint: null };
const boot = '0b2d1f1e-9d3c-4a55-8d57-0123456789ab';

async function served(t: ExecutionContext, more: Partial<Parameters<typeof testServer>[1]> = {}) {
  const iso = makeOurs(temporaryFolder(t));
  const server = await testServer(t, { bases: [iso], machines, reportTo, ...more });
  return { iso, server };
}

/** What stands in the ISO of a machine. */
async function fileIn(t: ExecutionContext, { get }: TestServer, path: string): Promise<ReportFile> {
  const { body } = await get(path);
  const image = join(temporaryFolder(t), 'served.iso');
  writeFileSync(image, body);
  return parseReportFile(byXorriso(t, image, `/${reportFilePath}`).toString());
}

async function post(
  { port }: Pick<TestServer, 'port'>,
  body: string,
  { secret = '', path = '/report/node1', signature = signatureOf(secret, Buffer.from(body)) } = {},
) {
  const headers = { ...(signature === '' ? {} : { [signatureHeader]: signature }) };
  const asking = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  asking.write(body);
  const response = await answered(asking);
  response.resume();
  return { status: response.statusCode, headers: response.headers };
}

const saying = (report: string, machine = 'node1', id = boot) =>
  JSON.stringify({ v: 1, machine, report, boot: id });

async function told({ get }: TestServer, name = 'node1') {
  const { body } = await get('/machines.json');
  const list = JSON.parse(body.toString()) as {
    machines: { name: string; state: string; reports: { report: string }[] }[];
  };
  const found = list.machines.find((machine) => machine.name === name);
  return { state: found?.state, reports: found?.reports.map(({ report }) => report) };
}

test('what a machine reports by is in its ISO, the same each time, and what iso remaster would put there', async (t) => {
  const { iso, server } = await served(t);
  const found = await fileIn(t, server, '/iso/node1.iso');
  t.like(found, { url: 'http://10.0.0.1:8080/report/node1', machine: 'node1', fingerprint: null });
  const [one, two] = [
    await server.get('/iso/node1.iso', {}, 'HEAD'),
    await server.get('/iso/node1.iso', {}, 'HEAD'),
  ];
  t.is(one.headers.etag, two.headers.etag);
  const folder = temporaryFolder(t);
  const [config, file] = [join(folder, 'c.yaml'), join(folder, 'r.json')];
  writeFileSync(config, 'hostname: node1\n');
  writeFileSync(file, `${JSON.stringify({ v: 1, ...found })}\n`);
  const output = join(folder, 'wanted.iso');
  await change(
    iso,
    { menu: {}, config, add: [{ source: file, path: reportFilePath }] } as unknown as Parameters<
      typeof change
    >[1],
    { output },
  );
  sameBytes(t, (await server.get('/iso/node1.iso')).body, readFileSync(output));
});

test('no machine has the secret of another, and one that is not to report has none', async (t) => {
  const { iso, server } = await served(t);
  const own = await fileIn(t, server, '/iso/node1.iso');
  const other = await fileIn(t, server, '/t/abcdefghijklmnop/iso/node3.iso');
  t.not(own.secret, other.secret);
  sameBytes(t, (await server.get('/iso/node2.iso')).body, readFileSync(iso));
  server.write({ 'node3.yaml': 'token: another-token-of-16\n' });
  t.not((await fileIn(t, server, '/t/another-token-of-16/iso/node3.iso')).secret, other.secret);
});

test('the initrd of the network has it, too, for root alone', async (t) => {
  const { server } = await served(t);
  const { secret } = await fileIn(t, server, '/iso/node1.iso');
  const { body } = await server.get('/pxe/node1/bos-initrd-amd64');
  const name = body.lastIndexOf(reportFilePath);
  // The header of newc, 110 bytes before the name: magic, inode, mode.
  t.is(body.toString('latin1', name - 110, name - 104), '070701');
  t.is(Number.parseInt(body.toString('latin1', name - 96, name - 88), 16), 0o100600);
  t.true(body.subarray(name).includes(secret));
  t.is((await server.get('/pxe/node2/bos-initrd-amd64')).body.lastIndexOf(reportFilePath), -1);
});

test('an ISO of others is left as it is', async (t) => {
  const iso = makeCasper(temporaryFolder(t));
  const server = await testServer(t, { bases: [iso], machines: { 'node1.yaml': '' }, reportTo });
  sameBytes(t, (await server.get('/iso/node1.iso')).body, readFileSync(iso));
});

test('from the medium to the disk, each once, and never back', async (t) => {
  const { server } = await served(t);
  const { secret } = await fileIn(t, server, '/iso/node1.iso');
  t.is((await post(server, saying('booted-medium'), { secret })).status, 200);
  t.is((await told(server)).state, 'booted-medium');
  t.is((await post(server, saying('installed'), { secret })).status, 200);
  t.is((await told(server)).state, 'disk-written');
  const other = '1b2d1f1e-9d3c-4a55-8d57-0123456789ab';
  t.is((await post(server, saying('booted-disk', 'node1', other), { secret })).status, 200);
  // Somebody has recorded them, and sends them again.
  for (const [report, id] of [
    ['booted-medium', boot],
    ['installed', boot],
    ['booted-disk', other],
  ] as const)
    t.is((await post(server, saying(report, 'node1', id), { secret })).status, 200);
  t.deepEqual(await told(server), {
    state: 'installed',
    reports: ['first-byte', 'last-byte', 'booted-medium', 'installed', 'booted-disk'],
  });
  const { body } = await server.get('/metrics');
  t.regex(body.toString(), /^opsctl_serve_reports_total\{report="booted-disk",result="accepted"\} 1$/m);
  t.regex(body.toString(), /^opsctl_serve_reports_total\{report="booted-disk",result="known"\} 1$/m);
  t.regex(body.toString(), /^opsctl_serve_machines\{state="installed"\} 1$/m);
  t.false(JSON.stringify(server.log).includes(secret));
});

test('what is not a report of that machine is refused, and changes nothing', async (t) => {
  const { server } = await served(t);
  const { secret } = await fileIn(t, server, '/iso/node1.iso');
  const right = saying('booted-disk');
  const signed = signatureOf(secret, Buffer.from(right));
  const refused: [number, string, Parameters<typeof post>[2]][] = [
    [401, right, { signature: '' }],
    [403, right, { signature: signatureOf('0'.repeat(64), Buffer.from(right)) }],
    [403, right, { signature: signed.slice(0, -1) }],
    [403, right, { signature: 'sha256=' }],
    [403, `${right} `, { signature: signed }],
    [403, right, { signature: signed, path: '/report/node3' }],
    [403, right, { signature: signed, path: '/report/none' }],
    [403, saying('booted-disk', 'node2'), { secret, path: '/report/node2' }],
    [400, saying('booted-disk', 'node3'), { secret }],
    [400, saying('exploded'), { secret }],
    [400, saying('booted-disk', 'node1', 'again'), { secret }],
    [400, '{', { secret }],
    [400, '[]', { secret }],
    [400, '', { secret }],
    [413, 'x'.repeat(4097), { secret }],
    [404, right, { secret, path: '/report/..' }],
    [405, right, { secret, path: '/iso/node1.iso' }],
  ];
  for (const [status, body, options] of refused)
    t.is(
      (await post(server, body, options)).status,
      status === 404 ? 405 : status,
      `${status} ${body.slice(0, 100)}`,
    );
  t.is((await server.get('/report/node1')).status, 405);
  t.deepEqual((await told(server)).reports, ['first-byte', 'last-byte']);
  t.false(JSON.stringify(server.log).includes(secret));
});

test('wrong signatures and too many reports have to wait', async (t) => {
  const { server } = await served(t);
  const { secret } = await fileIn(t, server, '/iso/node1.iso');
  const statuses = new Set<number | undefined>();
  for (let count = 0; count < 61; count += 1)
    statuses.add((await post(server, saying('booted-medium'), { secret })).status);
  t.deepEqual([...statuses], [200, 429]);
  let last: number | undefined;
  for (let count = 0; count < 61; count += 1)
    ({ status: last } = await post(server, saying('installed'), { signature: 'sha256=no' }));
  t.is(last, 429);
});

const saidBy = (lines: string[]) => ({ limitMs: 3000, say: (line: string) => void lines.push(line) });

test('the client of the OS tells only the server with that certificate', async (t) => {
  const [right, wrong] = [await ownIdentity(host), await ownIdentity(host)];
  const store = memoryStore(host.random);
  const { server } = await served(t, { tls: right, reports: store });
  const impostor = await served(t, { tls: wrong, reports: store });
  const { secretOf } = await import('../../../src/serve/reports/secret.ts');
  const secret = secretOf(await store.key(), { name: 'node1', token: undefined });
  const file = (port: number, fingerprint: string): ReportFile => ({
    ...{ url: `https://127.0.0.1:${port}/report/node1`, machine: 'node1', secret, fingerprint },
  });
  const lines: string[] = [];
  t.is(
    await sendReport(host, file(impostor.server.port, right.fingerprint), 'booted-disk', saidBy(lines)),
    'late',
  );
  t.regex(lines.join('\n'), /another certificate/);
  t.deepEqual(impostor.server.log, []);
  t.deepEqual(await store.get('node1'), []);
  t.is(
    await sendReport(host, file(server.port, right.fingerprint), 'booted-disk', saidBy(lines)),
    'accepted',
  );
  t.deepEqual(
    (await store.get('node1')).map(({ name }) => name),
    ['booted-disk'],
  );
});

test('a database that is away: ISOs are served, and the machine tries again', async (t) => {
  const store = memoryStore(host.random);
  let isAway = false;
  const back = () => {
    isAway = false;
  };
  const away = <T>(work: () => Promise<T>) =>
    isAway ? Promise.reject(new Error('the database is away')) : work();
  const { server } = await served(t, {
    reports: {
      ...store,
      get: (machine) => away(() => store.get(machine)),
      list: () => away(() => store.list()),
      add: (machine, entry) => away(() => store.add(machine, entry)),
    },
  });
  const { secret } = await fileIn(t, server, '/iso/node1.iso');
  isAway = true;
  t.is((await server.get('/iso/node1.iso')).status, 200);
  t.like(await told(server), { state: 'unknown', reports: [] });
  const { status, headers } = await post(server, saying('booted-disk'), { secret });
  t.deepEqual([status, headers['retry-after']], [503, '10']);
  const sending = sendReport(
    { ...host, clock: { ...host.clock, sleep: async () => back() } },
    { url: `http://127.0.0.1:${server.port}/report/node1`, machine: 'node1', secret, fingerprint: null },
    'booted-disk',
    { limitMs: 60_000, say: () => {} },
  );
  t.is(await sending, 'accepted');
  t.is((await told(server)).state, 'installed');
  t.deepEqual(
    server.log.filter(({ event }) => event === 'database').map(({ state }) => state),
    ['away', 'back'],
  );
});
