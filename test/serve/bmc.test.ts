/**
 * A BMC's virtual media, as what is known of them: HEAD before anything else, a connection for each request, several at a
 * time, 206 or nothing (EKS Anywhere's pull request 10484: BMCs refuse a 200 to a range), sectors of 512 bytes although a
 * CD has 2048, ranges that end where nothing does, and the last byte to see whether the size is true.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sameBytes, temporaryFolder } from '../formats/support.ts';
import { change } from '../iso/edit/edit-support.ts';
import { makeOurs } from '../iso/media.ts';
import { raw, type TestServer, testServer } from './support.ts';

async function served(t: ExecutionContext): Promise<{ server: TestServer; wanted: Buffer }> {
  const folder = temporaryFolder(t);
  const iso = makeOurs(folder);
  const output = join(folder, 'wanted.iso');
  await change(iso, { menu: { append: ['a=b'] } }, { output });
  const server = await testServer(t, { bases: [iso], machines: { 'a.yaml': 'append_kargs: [a=b]\n' } });
  return { server, wanted: readFileSync(output) };
}

/** One request on a connection of its own, in plain bytes: nothing is made nicer on the way. */
async function asked(port: number, method: string, more: readonly string[]) {
  const lines = [`${method} /iso/a.iso HTTP/1.1`, 'Host: 10.0.0.1', 'Connection: close', ...more];
  const answer = Buffer.from(await raw(port, `${lines.join('\r\n')}\r\n\r\n`), 'latin1');
  const end = answer.indexOf('\r\n\r\n');
  const [status = '', ...headers] = answer.subarray(0, end).toString().split('\r\n');
  const header = (name: string) =>
    headers.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2);
  return { status: Number(status.split(' ')[1]), header, body: answer.subarray(end + 4) };
}

test('HEAD first: the size, ranges, and a connection that ends', async (t) => {
  const { server, wanted } = await served(t);
  const { status, header, body } = await asked(server.port, 'HEAD', []);
  t.deepEqual([status, body.length], [200, 0]);
  t.is(header('content-length'), `${wanted.length}`);
  t.is(header('accept-ranges'), 'bytes');
  t.is(header('connection'), 'close');
  const ranged = await asked(server.port, 'HEAD', ['Range: bytes=0-511']);
  t.deepEqual([ranged.status, ranged.header('content-length')], [206, '512']);
});

test('sectors of 512 bytes, sixteen at a time, each on its own connection', async (t) => {
  const { server, wanted } = await served(t);
  const sectors = Array.from({ length: 400 }, (_, index) => (index * 7919) % Math.floor(wanted.length / 512));
  const next = sectors.values();
  let right = 0;
  const drive = async () => {
    for (const sector of next) {
      const first = sector * 512;
      const { status, header, body } = await asked(server.port, 'GET', [
        `Range: bytes=${first}-${first + 511}`,
      ]);
      t.is(status, 206);
      t.is(header('content-range'), `bytes ${first}-${first + 511}/${wanted.length}`);
      if (body.equals(wanted.subarray(first, first + 512))) right += 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, drive));
  t.is(right, sectors.length);
});

test('odd ranges: from the last byte, beyond the end, of one byte, across what differs', async (t) => {
  const { server, wanted } = await served(t);
  const size = wanted.length;
  for (const [range, first, end] of [
    [`${size - 1}-`, size - 1, size],
    [`${size - 1}-${size + 4095}`, size - 1, size],
    [`${size - 700}-${size + 1_000_000}`, size - 700, size],
    ['-1', size - 1, size],
    ['0-0', 0, 1],
    ['32767-34816', 32_767, 34_817],
    ['1-65536', 1, 65_537],
    [`-${size + 10}`, 0, size],
  ] as const) {
    const { status, header, body } = await asked(server.port, 'GET', [`Range: bytes=${range}`]);
    t.is(status, 206, range);
    t.is(header('content-range'), `bytes ${first}-${end - 1}/${size}`, range);
    sameBytes(t, body, wanted.subarray(first, end), range);
  }
  const beyond = await asked(server.port, 'GET', [`Range: bytes=${size}-${size + 511}`]);
  t.deepEqual([beyond.status, beyond.header('content-range')], [416, `bytes */${size}`]);
});

test('HTTP/1.0 without a Host, and a client that asks again and again for the first sector', async (t) => {
  const { server, wanted } = await served(t);
  for (let times = 0; times < 20; times += 1) {
    const answer = await raw(server.port, 'GET /iso/a.iso HTTP/1.0\r\nRange: bytes=0-511\r\n\r\n');
    t.regex(answer, /^HTTP\/1\.1 206 /);
    t.true(Buffer.from(answer, 'latin1').subarray(-512).equals(wanted.subarray(0, 512)));
  }
});
